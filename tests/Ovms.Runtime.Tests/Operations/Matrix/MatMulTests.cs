using Ovms.Runtime.Embedded.Kernels;
using Ovms.Runtime.Embedded.Operations.Matrix;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Operations.Matrix;

public sealed class MatMulTests
{
    public static TheoryData<string> Kernels => [.. GemmMicroKernel.All().Select(static kernel => kernel.Name)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Run_RandomShapes_EqualsDoublePrecisionProduct(string kernelName)
    {
        var kernel = Kernel(kernelName);
        var random = new Random(1);
        for (var round = 0; round < 150; round++)
        {
            var (m, n, k) = (random.Next(1, 71), random.Next(1, 71), random.Next(1, 71) * (round % 10 == 0 ? 12 : 1));
            Check(kernel, random, m, n, k, round % 3 == 0 ? random.Next(1, 4) : 1, (round & 1) != 0, (round & 2) != 0, (round & 4) != 0, (round & 8) != 0, 1 + (round % 3));
        }
    }

    [Theory]
    [InlineData(0, 3, 2)]
    [InlineData(3, 0, 2)]
    [InlineData(3, 2, 0)]
    [InlineData(1, 2, 0)]
    [InlineData(1, 0, 3)]
    public void Run_ZeroSizes_GivesZerosOrNothing(int m, int n, int k)
    {
        foreach (var constant in new[] { false, true })
        {
            using var host = new OperationHost()
                .Input<float>(ElementType.F32, new float[m * k], false, m, k)
                .Input<float>(ElementType.F32, new float[k * n], constant, k, n)
                .Create("MatMul", 1, static node => new MatMul(node))
                .Prepare()
                .Run();

            Assert.Equal(new float[m * n], host.Output<float>());
        }
    }

    [Fact]
    public void Run_BroadcastBatches_TakesTheRightMatrices()
    {
        float[] a = [1, 2, 3, 4];
        float[] b = [10, 20, 30];
        using var host = new OperationHost()
            .Input<float>(ElementType.F32, a, false, 2, 1, 2, 1)
            .Input<float>(ElementType.F32, b, false, 3, 1, 1)
            .Create("MatMul", 1, static node => new MatMul(node))
            .Prepare()
            .Run();

        Assert.Equal(new Shape(2, 3, 2, 1), host.Context.Output(0).Shape);
        Assert.Equal([10, 20, 20, 40, 30, 60, 30, 40, 60, 80, 90, 120], host.Output<float>());
    }

    [Fact]
    public void Run_IntegersOverflowing_Wrap()
    {
        using var host = new OperationHost()
            .Input<int>(ElementType.I32, [int.MaxValue, 1], false, 1, 2)
            .Input<int>(ElementType.I32, [1, 1], false, 2, 1)
            .Create("MatMul", 1, static node => new MatMul(node))
            .Prepare()
            .Run();

        Assert.Equal([int.MinValue], host.Output<int>());
    }

    [Fact]
    public void Infer_DepthsDiffer_NamesTheLayer()
    {
        using var host = new OperationHost()
            .Input<float>(ElementType.F32, new float[6], false, 2, 3)
            .Input<float>(ElementType.F32, new float[8], false, 4, 2)
            .Create("MatMul", 1, static node => new MatMul(node));

        var error = Assert.Throws<ModelLoadException>(() => host.Operation.Infer(host.Context));
        Assert.Contains("'tested'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_SteadyState_AllocatesNothing()
    {
        using var pool = new TestWorkers(2);
        foreach (var (m, constant) in new[] { (1, false), (1, true), (200, false), (200, true) })
        {
            using var host = new OperationHost { Workers = pool }
                .Input<float>(ElementType.F32, new float[m * 200], false, m, 200)
                .Input<float>(ElementType.F32, new float[200 * 200], constant, 200, 200)
                .Create("MatMul", 1, static node => new MatMul(node))
                .Prepare()
                .Run();

            var before = GC.GetAllocatedBytesForCurrentThread();
            host.Run();
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Fact]
    public void Apply_BiasAndBounds_AddsThenClampsAndKeepsNaN()
    {
        float[] values = [.. Enumerable.Range(-10, 21), float.NaN];
        var expected = values.Select(static value => float.IsNaN(value) ? value : Math.Clamp(value + 3, 0f, 6f)).ToArray();

        new GemmEpilogue { RowBias = [0, 3], Low = 0, High = 6 }.Apply(values, 1, 0);

        Assert.Equal(expected, values);
    }

    internal static GemmMicroKernel Kernel(string name) => GemmMicroKernel.All().Single(kernel => kernel.Name == name);

    internal static float[] RandomFloats(Random random, int count)
    {
        var values = new float[count];
        foreach (ref var value in values.AsSpan())
        {
            value = random.NextSingle() - 0.5f;
        }

        return values;
    }

    private static void Check(GemmMicroKernel kernel, Random random, int m, int n, int k, int batch, bool transposeA, bool transposeB, bool constantA, bool constantB, int width)
    {
        var a = RandomFloats(random, batch * m * k);
        var b = RandomFloats(random, k * n);
        using var pool = new TestWorkers(width);
        using var host = new OperationHost { Workers = pool }
            .Attribute("transpose_a", transposeA ? "true" : "false")
            .Attribute("transpose_b", transposeB ? "true" : "false")
            .Input<float>(ElementType.F32, a, constantA, batch, transposeA ? k : m, transposeA ? m : k)
            .Input<float>(ElementType.F32, b, constantB, transposeB ? n : k, transposeB ? k : n)
            .Create("MatMul", 1, node => new MatMul(node, kernel))
            .Prepare()
            .Run();

        var actual = host.Output<float>();
        for (var i = 0; i < batch; i++)
        {
            for (var row = 0; row < m; row++)
            {
                for (var column = 0; column < n; column++)
                {
                    double sum = 0;
                    for (var depth = 0; depth < k; depth++)
                    {
                        sum += (double)a[(i * m * k) + (transposeA ? (depth * m) + row : (row * k) + depth)] * b[transposeB ? (column * k) + depth : (depth * n) + column];
                    }

                    var value = actual[(((i * m) + row) * n) + column];
                    Assert.True(Math.Abs(sum - value) <= 1e-5 * Math.Sqrt(k), $"{m}x{n}x{k} batch {batch} at {row},{column}: {value}, expected {sum}");
                }
            }
        }
    }
}
