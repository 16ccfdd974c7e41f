using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Operations.Movement;

public sealed class MovementEdgeTests
{
    [Theory]
    [InlineData("Reshape", 1, "special_zero=true", 5)]
    [InlineData("Reshape", 1, "special_zero=false", -2)]
    [InlineData("Unsqueeze", 1, "", 4)]
    [InlineData("Squeeze", 1, "", 3)]
    [InlineData("Transpose", 1, "", 0)]
    [InlineData("Tile", 1, "", long.MaxValue)]
    public void Infer_ImpossibleIndexInput_IsAnErrorOfTheLayer(string type, int opset, string attributes, long value)
    {
        var error = Record.Exception(() => OperationHarness.Run(type, opset, attributes, TestTensor.Counting(ElementType.F32, 2, 3), TestTensor.Longs(value)));

        Assert.True(error is ModelLoadException or OverflowException, error?.ToString());
    }

    [Theory]
    [InlineData("Concat", 1, "axis=2")]
    [InlineData("Concat", 1, "axis=-3")]
    [InlineData("ShuffleChannels", 3, "axis=1;group=2")]
    [InlineData("ShuffleChannels", 3, "axis=1;group=0")]
    [InlineData("DepthToSpace", 1, "mode=blocks_first")]
    [InlineData("DepthToSpace", 1, "block_size=0;mode=blocks_first")]
    [InlineData("SpaceToDepth", 1, "block_size=2;mode=sideways")]
    [InlineData("ShapeOf", 3, "")]
    [InlineData("ReorgYolo", 2, "stride=2")]
    public void Create_WrongAttribute_IsAnErrorThatNamesTheLayer(string type, int opset, string attributes)
    {
        var error = Assert.Throws<ModelLoadException>(
            () => OperationHarness.Run(type, opset, attributes, TestTensor.Counting(ElementType.F32, 2, 3)));

        Assert.StartsWith($"layer 7 'tested' ({type}, opset{opset}): ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GatherElements", 6, "axis=0", 3)]
    [InlineData("GatherElements", 6, "axis=0", -4)]
    [InlineData("GatherND", 8, "", 3)]
    public void Run_IndexOutOfRange_IsRefused(string type, int opset, string attributes, int index) => Assert.Throws<ModelLoadException>(
        () => OperationHarness.Run(type, opset, attributes, TestTensor.Floats([3], 1, 2, 3), TestTensor.Ints([1], index)));

    [Theory]
    [InlineData("ScatterUpdate", 3)]
    [InlineData("ScatterElementsUpdate", 3)]
    [InlineData("ScatterElementsUpdate", 12)]
    public void Run_ScatterIndexOutOfRange_IsRefused(string type, int opset)
    {
        foreach (var index in new[] { 3, -4 })
        {
            Assert.Throws<ModelLoadException>(() => OperationHarness.Run(
                type, opset, "", TestTensor.Floats([3], 1, 2, 3), TestTensor.Ints([1], index), TestTensor.Floats([1], 9), TestTensor.Scalar(0)));
        }
    }

    [Fact]
    public void Gather_EmptyIndices_GivesAnEmptyTensor()
    {
        var result = OperationHarness.Run("Gather", 8, "", TestTensor.Counting(ElementType.F32, 2, 3), TestTensor.Ints([0]), TestTensor.Scalar(1));

        Assert.Equal(new Shape(2, 0), result.Shape);
    }

    [Fact]
    public void Reshape_EmptyTensorWithOpenDimension_IsEmpty()
    {
        var result = OperationHarness.Run("Reshape", 1, "special_zero=true", TestTensor.Counting(ElementType.F32, 0, 4), TestTensor.Longs(0, -1));

        Assert.Equal(new Shape(0, 0), result.Shape);
    }

    [Fact]
    public void StridedSlice_EllipsisNewAxisAndShrink_FollowTheSheet()
    {
        // x[..., newaxis, 1] of [2,3,4]
        var result = OperationHarness.Run(
            "StridedSlice", 1, "begin_mask=0,0,0;end_mask=0,0,0;ellipsis_mask=1,0,0;new_axis_mask=0,1,0;shrink_axis_mask=0,0,1",
            TestTensor.Counting(ElementType.I32, 2, 3, 4), TestTensor.Longs(0, 0, 1), TestTensor.Longs(0, 0, 2));

        Assert.Equal(new Shape(2, 3, 1), result.Shape);
        Assert.Equal([1, 5, 9, 13, 17, 21], result.As<int>());
    }

    [Fact]
    public void StridedSlice_MasksOfDifferentLength_AreRefused() => Assert.Throws<ModelLoadException>(() => OperationHarness.Run(
        "StridedSlice", 1, "begin_mask=0;end_mask=0,0", TestTensor.Counting(ElementType.I32, 2, 3), TestTensor.Longs(0), TestTensor.Longs(1)));

    [Fact]
    public void Transpose_SubByteType_IsRefusedByName()
    {
        var data = new TestTensor(ElementType.U4, new Shape(2, 2), [0x21, 0x43]);

        var error = Assert.Throws<ModelLoadException>(() => OperationHarness.Run("Transpose", 1, "", data, TestTensor.Longs(1, 0)));

        Assert.Contains("u4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ScatterElements_MeanOfNegativeIntegers_Floors()
    {
        var result = OperationHarness.Run(
            "ScatterElementsUpdate", 12, "reduction=mean;use_init_val=false", TestTensor.Ints([2], 5, 6), TestTensor.Ints([2], 0, 0),
            TestTensor.Ints([2], -3, -4), TestTensor.Scalar(0));

        Assert.Equal([-4, 6], result.As<int>());
    }

    [Theory]
    [InlineData("Transpose", 1, "", 1, 0)]
    [InlineData("Tile", 1, "", 2, 3)]
    [InlineData("Broadcast", 3, "mode=numpy", 4, 5)]
    public void Run_AfterPreparing_AllocatesNothing(string type, int opset, string attributes, long first, long second)
    {
        using var harness = new OperationHarness(type, opset, attributes, 1, TestTensor.Counting(ElementType.F32, 4, 5), TestTensor.Longs(first, second));
        harness.Prepare();
        harness.Run();
        var before = GC.GetAllocatedBytesForCurrentThread();

        harness.Run();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
