using System.Globalization;
using Ovms.Runtime.Embedded.Operations.Convolution;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Operations.Matrix;

namespace Ovms.Runtime.Tests.Operations.Convolution;

public sealed class BackpropTests
{
    [Fact]
    public void Run_RandomTransposedConvolutions_EqualTheScatteredSums()
    {
        var random = new Random(8);
        for (var round = 0; round < 60; round++)
        {
            Check(
                random,
                groups: round % 3 == 0 ? random.Next(2, 4) : 1,
                (random.Next(1, 9), random.Next(1, 9)),
                (random.Next(3, 12), random.Next(3, 20)),
                kernel: random.Next(1, 5),
                stride: random.Next(1, 4),
                dilation: random.Next(1, 3),
                pad: random.Next(0, 2),
                workers: 1 + (round % 3));
        }
    }

    [Fact]
    public void Run_LargeTransposedConvolution_EqualsTheScatteredSums() =>
        Check(new Random(9), 1, (24, 20), (40, 37), kernel: 4, stride: 2, dilation: 1, pad: 1, workers: 3);

    [Fact]
    public void Run_SteadyState_AllocatesNothing()
    {
        using var pool = new TestWorkers(2);
        using var host = Host(new float[16 * 400], [1, 16, 20, 20], new float[16 * 16 * 16], [16, 16, 4, 4], 1, 2, 1, 1, pool).Prepare().Run();

        var before = GC.GetAllocatedBytesForCurrentThread();
        host.Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Check(
        Random random, int groups, (int In, int Out) channels, (int Height, int Width) size, int kernel, int stride, int dilation, int pad, int workers)
    {
        var (inputs, outputs) = channels;
        var (h, w) = size;
        var data = MatMulTests.RandomFloats(random, groups * inputs * h * w);
        var filter = MatMulTests.RandomFloats(random, groups * inputs * outputs * kernel * kernel);
        using var pool = new TestWorkers(workers);
        long[] filterShape = groups > 1 ? [groups, inputs, outputs, kernel, kernel] : [inputs, outputs, kernel, kernel];
        using var host = Host(data, [1, groups * inputs, h, w], filter, filterShape, groups, stride, dilation, pad, pool).Prepare().Run();

        var (oh, ow) = (((h - 1) * stride) + ((kernel - 1) * dilation) + 1 - (2 * pad), ((w - 1) * stride) + ((kernel - 1) * dilation) + 1 - (2 * pad));
        var expected = new double[groups * outputs * oh * ow];
        for (var i = 0; i < groups * inputs * outputs; i++)
        {
            var (group, input, output) = (i / outputs / inputs, i / outputs % inputs, i % outputs);
            for (var at = 0; at < h * w * kernel * kernel; at++)
            {
                var (position, tap) = (at / (kernel * kernel), at % (kernel * kernel));
                var y = (position / w * stride) - pad + (tap / kernel * dilation);
                var x = (position % w * stride) - pad + (tap % kernel * dilation);
                if (y >= 0 && y < oh && x >= 0 && x < ow)
                {
                    expected[((((group * outputs) + output) * oh) + y) * ow + x] +=
                        (double)data[((((group * inputs) + input) * h * w) + position)] * filter[(i * kernel * kernel) + tap];
                }
            }
        }

        var actual = host.Output<float>();
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) < 1e-4, $"{channels} {size} k{kernel} s{stride} d{dilation} p{pad} at {i}: {actual[i]}, {expected[i]}");
        }
    }

    private static OperationHost Host(
        float[] data, long[] dataShape, float[] filter, long[] filterShape, int groups, int stride, int dilation, int pad, TestWorkers pool)
    {
        return new OperationHost { Workers = pool }
            .Attribute("strides", Twice(stride)).Attribute("dilations", Twice(dilation))
            .Attribute("pads_begin", Twice(pad)).Attribute("pads_end", Twice(pad))
            .Input<float>(ElementType.F32, data, false, dataShape)
            .Input<float>(ElementType.F32, filter, true, filterShape)
            .Create("ConvolutionBackpropData", 1, node => new ConvolutionBackprop(node, groups > 1));

        static string Twice(int value) => string.Create(CultureInfo.InvariantCulture, $"{value},{value}");
    }
}
