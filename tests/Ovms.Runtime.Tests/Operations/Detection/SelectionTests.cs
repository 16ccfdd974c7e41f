using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Operations.Movement;

namespace Ovms.Runtime.Tests.Operations.Detection;

public sealed class SelectionTests
{
    [Theory]
    [InlineData("max", "value")]
    [InlineData("min", "value")]
    [InlineData("max", "index")]
    public void TopK_RandomTiesOnEveryAxis_EqualsAStableSort(string mode, string sort)
    {
        for (var round = 0; round < 60; round++)
        {
            var random = new Random(round);
            long[] shape = [random.Next(1, 4), random.Next(1, 40), random.Next(1, 4)];
            var axis = random.Next(3);
            var k = random.Next(0, (int)shape[axis] + 1);
            var values = Enumerable.Range(0, (int)(shape[0] * shape[1] * shape[2])).Select(_ => (float)random.Next(-5, 6)).ToArray();

            var outputs = OperationHarness.Run(
                "TopK", 11, $"axis={axis};mode={mode};sort={sort}", 2, TestTensor.Floats(shape, values), TestTensor.Scalar(k));

            Assert.Equal(k, outputs[0].Shape[axis]);
            var inner = shape[(axis + 1)..].Aggregate(1L, static (a, b) => a * b);
            var outer = shape[..axis].Aggregate(1L, static (a, b) => a * b);
            for (var line = 0; line < inner * outer; line++)
            {
                var (o, i) = (line / inner, line % inner);
                float At(int j) => values[(((o * shape[axis]) + j) * inner) + i];
                var sign = mode == "max" ? -1 : 1;
                var chosen = Enumerable.Range(0, (int)shape[axis]).OrderBy(j => sign * At(j)).Take(k).ToArray();
                chosen = sort == "index" ? chosen.Order().ToArray() : chosen;
                for (var j = 0; j < k; j++)
                {
                    var at = (int)((((o * k) + j) * inner) + i);
                    Assert.Equal(chosen[j], outputs[1].As<int>()[at]);
                    Assert.Equal(At(chosen[j]), outputs[0].As<float>()[at]);
                }
            }
        }
    }

    [Fact]
    public void TopK_Run_AllocatesNothing()
    {
        using var harness = new OperationHarness(
            "TopK", 11, "axis=0;mode=max;sort=value", 2, TestTensor.Counting(ElementType.F32, 100), TestTensor.Scalar(10));
        harness.Prepare();
        harness.Run();
        var before = GC.GetAllocatedBytesForCurrentThread();

        harness.Run();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void NonMaxSuppression_NoLimitGiven_SelectsNothing()
    {
        var outputs = OperationHarness.Run("NonMaxSuppression", 9, "", 3, TestTensor.Floats([1, 1, 4], 0, 0, 1, 1), TestTensor.Floats([1, 1, 1], 0.5f));

        Assert.Equal(new Shape(0, 3), outputs[0].Shape);
        Assert.Equal(new Shape(0, 3), outputs[1].Shape);
        Assert.Equal([0L], outputs[2].As<long>());
    }

    [Fact]
    public void NonMaxSuppression_EqualScores_KeepsTheFirstOfOverlappingBoxes()
    {
        var boxes = TestTensor.Floats([1, 3, 4], 0, 0, 1, 1, 1, 1, 0, 0, 2, 2, 3, 3);
        var outputs = OperationHarness.Run(
            "NonMaxSuppression", 9, "output_type=i32", 3, boxes, TestTensor.Floats([1, 1, 3], 0.5f, 0.5f, 0.5f), TestTensor.Scalar(9),
            TestTensor.Floats([], 0.5f), TestTensor.Floats([], 0f));

        Assert.Equal([0, 0, 0, 0, 0, 2], outputs[0].As<int>());
        Assert.Equal([2], outputs[2].As<int>());
    }

    [Fact]
    public void Unique_EmptyInput_GivesEmptyOutputs()
    {
        var outputs = OperationHarness.Run("Unique", 10, "", 4, TestTensor.Floats([0]));

        Assert.All(outputs, static output => Assert.Equal(new Shape(0), output.Shape));
    }

    [Theory]
    [InlineData(true, new[] { 1f, 2f, 3f }, new[] { 1L, 2L, 0L }, new[] { 2L, 0L, 1L, 0L, 2L })]
    [InlineData(false, new[] { 3f, 1f, 2f }, new[] { 0L, 1L, 2L }, new[] { 0L, 1L, 2L, 1L, 0L })]
    public void Unique_Order_FollowsTheAttribute(bool sorted, float[] values, long[] first, long[] groups)
    {
        var outputs = OperationHarness.Run("Unique", 10, "sorted=" + sorted, 4, TestTensor.Floats([5], 3, 1, 2, 1, 3));

        Assert.Equal(values, outputs[0].As<float>());
        Assert.Equal(first, outputs[1].As<long>());
        Assert.Equal(groups, outputs[2].As<long>());
    }

    [Theory]
    [InlineData("TopK", 11, "axis=1;mode=max;sort=value")]
    [InlineData("TopK", 11, "axis=0;mode=most;sort=value")]
    [InlineData("TopK", 11, "axis=0;mode=max;sort=value;index_element_type=f32")]
    [InlineData("NonZero", 3, "output_type=f32")]
    [InlineData("PriorBox", 8, "density=0;fixed_size=1")]
    [InlineData("ROIPooling", 2, "pooled_h=0;pooled_w=1;spatial_scale=1")]
    public void Create_WrongAttribute_IsRefused(string type, int opset, string attributes) => Assert.Throws<ModelLoadException>(
        () => OperationHarness.Run(type, opset, attributes, 1, TestTensor.Floats([3], 1, 2, 3), TestTensor.Scalar(1)));

    [Fact]
    public void RoiAlign_BatchIndexOutOfRange_IsRefused() => Assert.Throws<ModelLoadException>(() => OperationHarness.Run(
        "ROIAlign", 9, "pooled_h=1;pooled_w=1;sampling_ratio=1;spatial_scale=1;mode=avg",
        TestTensor.Floats([1, 1, 2, 2], 1, 2, 3, 4), TestTensor.Floats([1, 4], 0, 0, 1, 1), TestTensor.Ints([1], 1)));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(3e38f)]
    public void RegionOperations_WildCoordinates_StayInside(float wild)
    {
        var map = TestTensor.Floats([1, 1, 2, 2], 1, 2, 3, 4);
        var box = TestTensor.Floats([1, 4], wild, -wild, wild, wild);

        OperationHarness.Run("ROIAlign", 9, "pooled_h=2;pooled_w=2;sampling_ratio=2;spatial_scale=1;mode=avg", map, box, TestTensor.Ints([1], 0));
        foreach (var method in new[] { "max", "bilinear" })
        {
            OperationHarness.Run(
                "ROIPooling", 2, "pooled_h=2;pooled_w=2;spatial_scale=1;method=" + method, map, TestTensor.Floats([1, 5], 0, wild, -wild, wild, wild));
        }

        foreach (var padding in new[] { "zeros", "border", "reflection" })
        {
            foreach (var mode in new[] { "nearest", "bilinear", "bicubic" })
            {
                OperationHarness.Run("GridSample", 9, $"padding_mode={padding};mode={mode}", map, TestTensor.Floats([1, 1, 1, 2], wild, -wild));
            }
        }
    }
}
