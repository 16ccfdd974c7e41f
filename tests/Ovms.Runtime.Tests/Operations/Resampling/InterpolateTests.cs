using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Operations.Movement;

namespace Ovms.Runtime.Tests.Operations.Resampling;

public sealed class InterpolateTests
{
    private const string Sizes = "shape_calculation_mode=sizes;coordinate_transformation_mode=asymmetric;nearest_mode=floor;mode=";

    [Fact]
    public void Nearest_RandomShapesOfEveryElementSize_EqualsIndexArithmetic()
    {
        ElementType[] types = [ElementType.U8, ElementType.F16, ElementType.F32, ElementType.F64];
        for (var round = 0; round < 80; round++)
        {
            var random = new Random(round);
            var shape = Enumerable.Range(0, 4).Select(_ => (long)random.Next(1, 6)).ToArray();
            var target = Enumerable.Range(0, 4).Select(_ => (long)random.Next(1, 9)).ToArray();
            var data = TestTensor.Counting(types[round % 4], shape);

            var result = OperationHarness.Run("Interpolate", 11, Sizes + "nearest", data, TestTensor.Longs(target));

            Assert.Equal(new Shape(target), result.Shape);
            var (raw, source) = (result.Raw(), data.Raw());
            for (long flat = 0; flat < raw.Length; flat++)
            {
                var (rest, from, stride) = (flat, 0L, 1L);
                for (var axis = 3; axis >= 0; axis--)
                {
                    var at = rest % target[axis];
                    rest /= target[axis];
                    var scale = (float)target[axis] / shape[axis];
                    from += Math.Min((long)MathF.Floor(target[axis] == shape[axis] ? at : at / scale), shape[axis] - 1) * stride;
                    stride *= shape[axis];
                }

                Assert.Equal(source[from], raw[flat]);
            }
        }
    }

    [Theory]
    [InlineData("linear")]
    [InlineData("linear_onnx")]
    [InlineData("cubic")]
    [InlineData("bilinear_pillow")]
    [InlineData("bicubic_pillow")]
    public void Blending_ConstantImage_StaysConstant(string mode)
    {
        var data = TestTensor.Floats([1, 2, 3, 5], Enumerable.Repeat(2.5f, 30).ToArray());

        var result = OperationHarness.Run("Interpolate", 11, Sizes + mode, data, TestTensor.Longs(7, 4), TestTensor.Longs(2, 3));

        Assert.All(result.As<float>(), static value => Assert.Equal(2.5f, value, 1e-5f));
    }

    [Fact]
    public void Linear_IntegerType_RoundsHalfAwayFromZero()
    {
        var data = new TestTensor(ElementType.I8, new Shape(2), [0, unchecked((byte)-1)]);

        var result = OperationHarness.Run("Interpolate", 11, Sizes + "linear", data, TestTensor.Longs(4));

        Assert.Equal([0, -1, -1, -1], result.As<sbyte>());
    }

    [Theory]
    [InlineData("mode=area;axes=0", 1)]
    [InlineData("mode=linear_onnx;axes=0", 1)]
    [InlineData("mode=nearest;shape_calculation_mode=sizes;coordinate_transformation_mode=tf_crop_and_resize", 4)]
    [InlineData("mode=nearest;shape_calculation_mode=sizes;nearest_mode=best", 11)]
    [InlineData("mode=nearest;shape_calculation_mode=sizes;pads_begin=-1", 11)]
    public void Create_WhatIsNotSupported_IsRefused(string attributes, int opset) => Assert.Throws<ModelLoadException>(
        () => OperationHarness.Run("Interpolate", opset, attributes, TestTensor.Floats([2], 1, 2), TestTensor.Longs(4), TestTensor.Floats([1], 2f)));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-1f)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(1e30f)]
    public void Infer_SillyScale_IsRefused(float scale) => Assert.Throws<ModelLoadException>(() => OperationHarness.Run(
        "Interpolate", 11, "mode=nearest;shape_calculation_mode=scales", TestTensor.Floats([2], 1, 2), TestTensor.Floats([1], scale)));

    [Theory]
    [InlineData("nearest")]
    [InlineData("linear_onnx")]
    public void Run_AfterPreparing_AllocatesNothing(string mode)
    {
        using var harness = new OperationHarness(
            "Interpolate", 11, Sizes + mode, 1, TestTensor.Counting(ElementType.F32, 1, 2, 4, 4), TestTensor.Longs(8, 8), TestTensor.Longs(2, 3));
        harness.Prepare();
        harness.Run();
        var before = GC.GetAllocatedBytesForCurrentThread();

        harness.Run();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
