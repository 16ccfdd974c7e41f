using System.Globalization;
using Ovms.Runtime.Embedded.Kernels;
using Ovms.Runtime.Embedded.Operations.Convolution;
using Ovms.Runtime.Embedded.Operations.Matrix;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Operations.Matrix;
using ConvolutionOperation = Ovms.Runtime.Embedded.Operations.Convolution.Convolution;

namespace Ovms.Runtime.Tests.Operations.Convolution;

public sealed class ConvolutionTests
{
    public static TheoryData<string> Kernels => MatMulTests.Kernels;

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Run_RandomConvolutions_EqualDoublePrecisionSums(string kernelName)
    {
        var random = new Random(2);
        for (var round = 0; round < 120; round++)
        {
            var groups = round % 4 == 0 ? random.Next(2, 9) : 1;
            var (inputs, outputs) = round % 8 == 0 ? (1, random.Next(1, 3)) : (random.Next(1, 20), random.Next(1, 40));
            var rank = round % 7 == 0 ? 3 : round % 5 == 0 ? 1 : 2;
            Check(MatMulTests.Kernel(kernelName), random, groups, inputs, outputs, rank, round % 3 != 0, 1 + (round % 2));
        }
    }

    [Fact]
    public void Run_DeepKernel_CrossesDepthBlocks()
    {
        foreach (var kernel in GemmMicroKernel.All())
        {
            Check(kernel, new Random(3), 1, 70, 33, 2, true, 2);
        }
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(5, 1)]
    [InlineData(5, 2)]
    public void Run_DepthwiseEveryWidth_EqualsDoublePrecisionSums(int kernel, int stride)
    {
        var random = new Random(4);
        for (var width = 1; width <= 40; width++)
        {
            Check(
                GemmMicroKernel.Best,
                random,
                new ConvolutionCase(1, 3, 1, 1, [5, width], [kernel, kernel], [stride, stride], [1, 1], [kernel / 2, kernel / 2], [kernel / 2, kernel / 2]),
                true,
                1);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Run_DepthwiseStridesPadsDilations_EqualsDoublePrecisionSums(int rank)
    {
        var random = new Random(5);
        var most = rank == 3 ? 9 : 70;
        for (var round = 0; round < 150; round++)
        {
            var (input, filter, stride) = (new int[rank], new int[rank], new int[rank]);
            var (dilation, begin, end) = (new int[rank], new int[rank], new int[rank]);
            for (var axis = 0; axis < rank; axis++)
            {
                filter[axis] = round % 3 == 0 ? 3 : random.Next(1, 8 - rank);
                (stride[axis], dilation[axis]) = (random.Next(1, 4), random.Next(1, 4));
                (begin[axis], end[axis]) = (random.Next(0, 5), random.Next(0, 5));
                var least = Math.Max(1, ((filter[axis] - 1) * dilation[axis]) + 1 - begin[axis] - end[axis]);
                input[axis] = random.Next(least, least + most);
            }

            var shape = new ConvolutionCase(random.Next(1, 3), random.Next(2, 6), 1, random.Next(1, 3), input, filter, stride, dilation, begin, end);
            Check(GemmMicroKernel.Best, random, shape, round % 2 == 0, 1 + (round % 3));
        }
    }

    [Theory]
    [InlineData(3, 1, 1, 200, 200)]
    [InlineData(3, 2, 1, 200, 201)]
    [InlineData(5, 1, 1, 150, 260)]
    [InlineData(3, 1, 7, 90, 300)]
    [InlineData(7, 3, 2, 401, 11)]
    public void Run_DepthwiseManyBands_EqualsDoublePrecisionSums(int kernel, int stride, int dilation, int height, int width)
    {
        var pad = kernel / 2 * dilation;
        var shape = new ConvolutionCase(
            2, 3, 1, 1, [height, width], [kernel, kernel], [stride, stride], [dilation, dilation], [pad, pad], [pad, pad]);

        Check(GemmMicroKernel.Best, new Random(6), shape, true, 3);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(40)]
    public void Run_DepthwiseFusedBiasAndClamp_KeepsNaN(int width)
    {
        var data = new float[2 * width];
        Array.Fill(data, 1f);
        data[3] = float.NaN;
        using var host = new OperationHost()
            .Attribute("strides", "1").Attribute("dilations", "1").Attribute("pads_begin", "0").Attribute("pads_end", "0")
            .Input<float>(ElementType.F32, data, false, 1, 2, width)
            .Input<float>(ElementType.F32, [1, 10], true, 2, 1, 1, 1)
            .Declare(ElementType.F32, 1, 2, width)
            .Create("GroupConvolution", 1, static node => new ConvolutionOperation(node, grouped: true));
        var fused = (IFusesEpilogue)host.Operation;
        Assert.True(fused.TryFuseBias([1, -20]));
        Assert.True(fused.TryFuseClamp(0, 6));

        host.Prepare().Run();

        var expected = new float[2 * width];
        Array.Fill(expected, 2f, 0, width);
        expected[3] = float.NaN;
        Assert.Equal(expected, host.Output<float>());
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(1, 3)]
    [InlineData(5, 5)]
    [InlineData(2, 1)]
    public unsafe void DepthwiseKernel_Every_ComputesTheSameSums(int height, int width)
    {
        var random = new Random(7);
        var taps = height * width;
        var (source, weights) = (MatMulTests.RandomFloats(random, 40 * 100), MatMulTests.RandomFloats(random, taps));
        var offsets = new nint[taps];
        for (var tap = 0; tap < taps; tap++)
        {
            offsets[tap] = (tap / width * 100) + (tap % width);
        }

        foreach (var kernel in DepthwiseKernel.All())
        {
            for (var columns = kernel.VectorWidth; columns <= 90; columns += 3)
            {
                var target = new float[6 * columns];
                fixed (float* from = source, to = target, weight = weights)
                fixed (nint* offset = offsets)
                {
                    var band = new DepthwiseBand
                    {
                        Source = from, Target = to, SourcePitch = 100, TargetPitch = columns, Rows = 6, Width = columns,
                        Offsets = offset, Weights = weight, Taps = taps, Bias = 0.5f, Low = -2f, High = 2f,
                    };
                    kernel.Run(band);
                    AssertSums();
                    if (taps == 9)
                    {
                        kernel.RunNine(band);
                        AssertSums();
                        kernel.RunNinePair(band);
                        AssertSums();
                    }
                }

                void AssertSums()
                {
                    for (var i = 0; i < target.Length; i++)
                    {
                        var sum = 0.5;
                        for (var tap = 0; tap < taps; tap++)
                        {
                            sum += (double)source[(int)offsets[tap] + (i / columns * 100) + (i % columns)] * weights[tap];
                        }

                        Assert.Equal(Math.Clamp(sum, -2, 2), target[i], 1e-4);
                    }

                    Array.Fill(target, float.NaN);
                }
            }
        }
    }

    [Fact]
    public void Run_FusedBiasAndClamp_AddsPerChannelThenClamps()
    {
        using var host = new OperationHost()
            .Attribute("strides", "1").Attribute("dilations", "1").Attribute("pads_begin", "0").Attribute("pads_end", "0")
            .Input<float>(ElementType.F32, [1, -1, 2, -2], false, 1, 1, 4)
            .Input<float>(ElementType.F32, [1, 10], true, 2, 1, 1)
            .Declare(ElementType.F32, 1, 2, 4)
            .Create("Convolution", 1, static node => new ConvolutionOperation(node, grouped: false));
        var fused = (IFusesEpilogue)host.Operation;

        Assert.False(fused.TryFuseBias([1, 2, 3]));
        Assert.True(fused.TryFuseBias([1, 2]));
        Assert.True(fused.TryFuseClamp(0, 6));
        Assert.False(fused.TryFuseClamp(0, 6));
        Assert.False(fused.TryFuseBias([1, 2]));
        host.Prepare().Run();

        Assert.Equal([2, 0, 3, 0, 6, 0, 6, 0], host.Output<float>());
    }

    [Fact]
    public void Infer_WindowLargerThanInput_NamesTheLayer()
    {
        using var host = Host(new ConvolutionCase(1, 1, 1, 1, [2, 2], [3, 3], [1, 1], [1, 1], [0, 0], [0, 0]), new float[4], new float[9], true, GemmMicroKernel.Best, null);

        var error = Assert.Throws<ModelLoadException>(() => host.Operation.Infer(host.Context));
        Assert.Contains("'tested'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_SteadyState_AllocatesNothing()
    {
        using var pool = new TestWorkers(2);
        foreach (var groups in new[] { 1, 16 })
        {
            var channels = groups == 1 ? 16 : 1;
            var shape = new ConvolutionCase(1, groups, channels, channels, [40, 40], [3, 3], [1, 1], [1, 1], [1, 1], [1, 1]);
            using var host = Host(shape, new float[16 * 1600], new float[groups * channels * channels * 9], true, GemmMicroKernel.Best, pool).Prepare().Run();

            var before = GC.GetAllocatedBytesForCurrentThread();
            host.Run();
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private static void Check(GemmMicroKernel kernel, Random random, int groups, int inputs, int outputs, int rank, bool constant, int workers)
    {
        var most = rank == 3 ? 7 : rank == 1 ? 70 : 24;
        var filter = new int[rank];
        var input = new int[rank];
        var (stride, dilation, begin, end) = (new int[rank], new int[rank], new int[rank], new int[rank]);
        for (var axis = 0; axis < rank; axis++)
        {
            filter[axis] = random.Next(1, rank == 3 ? 4 : 6);
            (stride[axis], dilation[axis]) = (random.Next(1, 4), random.Next(1, 3));
            (begin[axis], end[axis]) = (random.Next(0, 4), random.Next(0, 4));
            var least = Math.Max(1, ((filter[axis] - 1) * dilation[axis]) + 1 - begin[axis] - end[axis]);
            input[axis] = random.Next(least, least + most);
        }

        if (random.Next(5) == 0)
        {
            Array.Fill(filter, 1);
            Array.Fill(stride, 1);
            Array.Clear(begin);
            Array.Clear(end);
        }

        Check(kernel, random, new ConvolutionCase(random.Next(1, 3), groups, inputs, outputs, input, filter, stride, dilation, begin, end), constant, workers);
    }

    private static void Check(GemmMicroKernel kernel, Random random, ConvolutionCase shape, bool constant, int workers)
    {
        var data = MatMulTests.RandomFloats(random, shape.DataCount);
        var filter = MatMulTests.RandomFloats(random, shape.FilterCount);
        using var pool = new TestWorkers(workers);
        using var host = Host(shape, data, filter, constant, kernel, pool).Prepare().Run();

        var expected = shape.Convolve(data, filter);
        var actual = host.Output<float>();
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 2e-5 * Math.Sqrt(shape.FilterCount), $"{shape} at {i}: {actual[i]}, expected {expected[i]}");
        }
    }

    private static OperationHost Host(ConvolutionCase shape, float[] data, float[] filter, bool constant, GemmMicroKernel kernel, TestWorkers? pool)
    {
        var grouped = shape.Groups > 1;
        long[] dataShape = [shape.Batch, shape.Groups * shape.Inputs, .. shape.Input];
        long[] filterShape = grouped ? [shape.Groups, shape.Outputs, shape.Inputs, .. shape.Filter] : [shape.Outputs, shape.Inputs, .. shape.Filter];
        var host = pool is null ? new OperationHost() : new OperationHost { Workers = pool };
        return host
            .Attribute("strides", List(shape.Stride))
            .Attribute("dilations", List(shape.Dilation))
            .Attribute("pads_begin", List(shape.Begin))
            .Attribute("pads_end", List(shape.End))
            .Input<float>(ElementType.F32, data, false, dataShape)
            .Input<float>(ElementType.F32, filter, constant, filterShape)
            .Create("Convolution", 1, node => new ConvolutionOperation(node, grouped, kernel));
    }

    private static string List(int[] values) => string.Join(',', values.Select(static value => value.ToString(CultureInfo.InvariantCulture)));
}
