using Ovms.Runtime.Embedded.Operations.Pooling;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Operations.Matrix;

namespace Ovms.Runtime.Tests.Operations.Pooling;

public sealed class PoolTests
{
    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    public void Run_EveryWidth_EqualsTheDefinition(int kernel, int stride)
    {
        var random = new Random(5);
        for (var width = kernel; width <= 40; width++)
        {
            var data = MatMulTests.RandomFloats(random, 2 * width);
            var pads = kernel / 2;
            var outputs = ((width + (2 * pads) - kernel) / stride) + 1;
            using var most = Host("MaxPool", data, width, kernel, stride, pads, max: true);
            using var mean = Host("AvgPool", data, width, kernel, stride, pads, max: false);

            for (var i = 0; i < 2 * outputs; i++)
            {
                var (channel, start) = (i / outputs, (i % outputs * stride) - pads);
                var window = Enumerable.Range(start, kernel).Where(x => x >= 0 && x < width).Select(x => data[(channel * width) + x]).ToList();
                Assert.Equal(window.Max(), most.Output<float>()[i]);
                Assert.Equal(window.Average(), mean.Output<float>()[i], 1e-6f);
            }
        }
    }

    [Fact]
    public void Run_NaNInWindow_NeverWins()
    {
        float[] data = [.. Enumerable.Repeat(float.NaN, 20), 1, float.NaN];
        using var host = Host("MaxPool", [.. data, .. data], 22, 2, 1, 0, max: true);

        Assert.Equal([.. Enumerable.Repeat(float.MinValue, 19), 1, 1], host.Output<float>()[..21]);
    }

    [Fact]
    public void Run_SteadyState_AllocatesNothing()
    {
        using var host = Host("MaxPool", new float[2000], 1000, 3, 2, 1, max: true);

        var before = GC.GetAllocatedBytesForCurrentThread();
        host.Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static OperationHost Host(string type, float[] data, int width, int kernel, int stride, int pads, bool max) => new OperationHost()
        .Attribute("strides", $"{stride}").Attribute("kernel", $"{kernel}").Attribute("pads_begin", $"{pads}").Attribute("pads_end", $"{pads}")
        .Attribute("exclude-pad", "true")
        .Input<float>(ElementType.F32, data, false, 1, 2, width)
        .Create(type, 1, node => max ? new MaxPool(node, hasIndices: false) : new AvgPool(node))
        .Prepare()
        .Run();
}
