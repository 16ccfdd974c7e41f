using System.Globalization;
using Ovms.Runtime.Embedded.Operations.Pooling;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Operations.Matrix;

namespace Ovms.Runtime.Tests.Operations.Pooling;

/// <summary>Pools over two and three axes against their definition.</summary>
public sealed class PlanePoolTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Run_RandomWindows_EqualTheDefinition(int rank)
    {
        var random = new Random(10);
        for (var round = 0; round < 60; round++)
        {
            var (kernel, stride) = (random.Next(1, 4), random.Next(1, 4));
            var pad = random.Next(0, kernel);
            var size = Enumerable.Range(0, rank).Select(_ => random.Next(kernel, rank == 3 ? 9 : 30)).ToArray();
            Check(random, size, kernel, stride, pad, workers: 1 + (round % 3), excludes: round % 2 == 0);
        }
    }

    [Fact]
    public void Run_LargePlanes_EqualTheDefinition() => Check(new Random(11), [61, 117], 3, 2, 1, workers: 3, excludes: true);

    [Theory]
    [InlineData(7, 7)]
    [InlineData(1, 1)]
    [InlineData(5, 13)]
    public void Run_AdaptivePools_EqualTheDefinition(int rows, int columns)
    {
        var data = MatMulTests.RandomFloats(new Random(12), 6 * 19 * 31);
        using var pool = new TestWorkers(3);
        using var mean = Adaptive(data, rows, columns, pool, isMax: false);
        using var most = Adaptive(data, rows, columns, pool, isMax: true);

        for (var i = 0; i < 6 * rows * columns; i++)
        {
            var (channel, row, column) = (i / columns / rows, i / columns % rows, i % columns);
            var window = Grid(row * 19 / rows, (((row + 1) * 19) + rows - 1) / rows, column * 31 / columns, (((column + 1) * 31) + columns - 1) / columns)
                .Select(at => (At: at, Value: data[(channel * 19 * 31) + at])).ToList();
            Assert.Equal(window.Average(static x => (double)x.Value), mean.Output<float>()[i], 1e-5);
            Assert.Equal(window.MaxBy(static x => x.Value), (At: (int)most.Output<long>(1)[i], Value: most.Output<float>()[i]));
        }

        static IEnumerable<int> Grid(int top, int bottom, int left, int right) =>
            Enumerable.Range(top, bottom - top).SelectMany(y => Enumerable.Range(left, right - left).Select(x => (y * 31) + x));
    }

    [Fact]
    public void Run_AdaptiveSteadyState_AllocatesNothing()
    {
        using var pool = new TestWorkers(2);
        foreach (var isMax in new[] { false, true })
        {
            using var host = Adaptive(new float[6 * 19 * 31], 7, 7, pool, isMax);

            var before = GC.GetAllocatedBytesForCurrentThread();
            host.Run();
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private static OperationHost Adaptive(float[] data, int rows, int columns, TestWorkers pool, bool isMax) => new OperationHost { Workers = pool }
        .Input<float>(ElementType.F32, data, false, 2, 3, 19, 31)
        .Input<long>(ElementType.I64, [rows, columns], true, 2)
        .Outputs(isMax ? 2 : 1)
        .Create(isMax ? "AdaptiveMaxPool" : "AdaptiveAvgPool", 8, node => new AdaptivePool(node, isMax))
        .Prepare()
        .Run();

    private static void Check(Random random, int[] size, int kernel, int stride, int pad, int workers, bool excludes)
    {
        var plane = size.Aggregate(1, static (a, b) => a * b);
        var data = MatMulTests.RandomFloats(random, 6 * plane);
        using var pool = new TestWorkers(workers);
        using var most = Host(data, size, kernel, stride, pad, pool, excludes, isMax: true);
        using var mean = Host(data, size, kernel, stride, pad, pool, excludes, isMax: false);
        var output = size.Select(n => ((n + (2 * pad) - kernel) / stride) + 1).ToArray();
        var outputPlane = output.Aggregate(1, static (a, b) => a * b);

        var (largest, average) = (most.Output<float>(), mean.Output<float>());
        Assert.Equal(6 * outputPlane, largest.Length);
        for (var i = 0; i < largest.Length; i++)
        {
            var window = Window(i % outputPlane, size, output, kernel, stride, pad).Select(at => data[(i / outputPlane * plane) + at]).ToList();
            Assert.Equal(window.Max(), largest[i]);
            var count = excludes ? window.Count : Math.Pow(kernel, size.Length);
            Assert.Equal(window.Sum(static x => (double)x) / count, average[i], 1e-5);
        }
    }

    // Input positions under an output position.
    private static IEnumerable<int> Window(int position, int[] size, int[] output, int kernel, int stride, int pad)
    {
        IEnumerable<int> positions = [0];
        var step = 1;
        for (var axis = size.Length - 1; axis >= 0; axis--)
        {
            var (start, scale, length) = ((position % output[axis] * stride) - pad, step, size[axis]);
            var inside = Enumerable.Range(start, kernel).Where(x => x >= 0 && x < length).ToList();
            positions = positions.SelectMany(at => inside.Select(x => at + (x * scale))).ToList();
            (position, step) = (position / output[axis], step * length);
        }

        return positions;
    }

    private static OperationHost Host(float[] data, int[] size, int kernel, int stride, int pad, TestWorkers pool, bool excludes, bool isMax)
    {
        return new OperationHost { Workers = pool }
            .Attribute("strides", Times(stride)).Attribute("kernel", Times(kernel)).Attribute("pads_begin", Times(pad)).Attribute("pads_end", Times(pad))
            .Attribute("exclude-pad", excludes ? "true" : "false")
            .Input<float>(ElementType.F32, data, false, [2, 3, .. size])
            .Create(isMax ? "MaxPool" : "AvgPool", 1, node => isMax ? new MaxPool(node, hasIndices: false) : new AvgPool(node))
            .Prepare()
            .Run();

        string Times(int value) => string.Join(',', size.Select(_ => value.ToString(CultureInfo.InvariantCulture)));
    }
}
