using Ovms.Runtime.Embedded.Operations.Matrix;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Operations.Matrix;

public sealed class AttentionTests
{
    [Theory]
    [InlineData(2, 5, 7, 8, 3, false)]
    [InlineData(6, 64, 64, 32, 32, true)]
    [InlineData(3, 100, 257, 64, 48, false)]
    public void Run_ManyHeads_EqualsDoublePrecision(int heads, int queries, int keys, int width, int values, bool causal)
    {
        var random = new Random(13);
        var q = MatMulTests.RandomFloats(random, heads * queries * width);
        var k = MatMulTests.RandomFloats(random, heads * keys * width);
        var v = MatMulTests.RandomFloats(random, heads * keys * values);
        using var pool = new TestWorkers(3);
        using var host = Host(q, k, v, heads, queries, keys, width, values, causal, pool);

        var actual = host.Output<float>();
        for (var row = 0; row < heads * queries; row++)
        {
            var head = row / queries;
            var weights = new double[keys];
            for (var key = 0; key < keys && (!causal || key <= row % queries); key++)
            {
                double score = 0;
                for (var i = 0; i < width; i++)
                {
                    score += (double)q[(row * width) + i] * k[(((head * keys) + key) * width) + i];
                }

                weights[key] = Math.Exp(score / Math.Sqrt(width));
            }

            for (var i = 0; i < values; i++)
            {
                var sum = weights.Select((weight, key) => weight * v[(((head * keys) + key) * values) + i]).Sum() / weights.Sum();
                Assert.Equal(sum, actual[(row * values) + i], 1e-5);
            }
        }
    }

    [Fact]
    public void Run_AttentionSteadyState_AllocatesNothing()
    {
        using var pool = new TestWorkers(2);
        using var host = Host(new float[4 * 64 * 32], new float[4 * 64 * 32], new float[4 * 64 * 32], 4, 64, 64, 32, 32, true, pool);

        var before = GC.GetAllocatedBytesForCurrentThread();
        host.Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("bij,bjk->bik")]
    [InlineData("bji,bjk->bik")]
    [InlineData("bij,bkj->ikb")]
    public void Run_EinsumOfTwo_EqualsDoublePrecision(string equation)
    {
        const int B = 3, I = 70, J = 65, K = 40;
        var (a, b) = (MatMulTests.RandomFloats(new Random(14), B * I * J), MatMulTests.RandomFloats(new Random(15), B * J * K));
        using var pool = new TestWorkers(3);
        using var host = Product(equation, a, b, pool);

        var actual = host.Output<float>();
        Assert.Equal(B * I * K, actual.Length);
        for (var n = 0; n < B * I * K; n++)
        {
            var (batch, i, k) = (n / K / I, n / K % I, n % K);
            double sum = 0;
            for (var j = 0; j < J; j++)
            {
                var left = equation.StartsWith("bij", StringComparison.Ordinal) ? a[(((batch * I) + i) * J) + j] : a[(((batch * J) + j) * I) + i];
                var right = equation.Contains("bjk", StringComparison.Ordinal) ? b[(((batch * J) + j) * K) + k] : b[(((batch * K) + k) * J) + j];
                sum += (double)left * right;
            }

            Assert.Equal(sum, actual[equation.EndsWith("bik", StringComparison.Ordinal) ? n : (((i * K) + k) * B) + batch], 1e-4);
        }
    }

    [Fact]
    public void Run_EinsumSteadyState_AllocatesNothing()
    {
        using var pool = new TestWorkers(2);
        using var host = Product("bij,bjk->bik", new float[3 * 70 * 65], new float[3 * 65 * 40], pool);

        var before = GC.GetAllocatedBytesForCurrentThread();
        host.Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static OperationHost Product(string equation, float[] a, float[] b, TestWorkers pool)
    {
        long[] left = equation.StartsWith("bij", StringComparison.Ordinal) ? [3, 70, 65] : [3, 65, 70];
        long[] right = equation.Contains("bjk", StringComparison.Ordinal) ? [3, 65, 40] : [3, 40, 65];
        return new OperationHost { Workers = pool }
            .Attribute("equation", equation)
            .Input<float>(ElementType.F32, a, false, left)
            .Input<float>(ElementType.F32, b, false, right)
            .Create("Einsum", 7, static node => new Einsum(node))
            .Prepare()
            .Run();
    }

    private static OperationHost Host(
        float[] q, float[] k, float[] v, int heads, int queries, int keys, int width, int values, bool causal, TestWorkers pool) =>
        new OperationHost { Workers = pool }
            .Attribute("causal", causal ? "true" : "false")
            .Input<float>(ElementType.F32, q, false, 1, heads, queries, width)
            .Input<float>(ElementType.F32, k, false, 1, heads, keys, width)
            .Input<float>(ElementType.F32, v, false, 1, heads, keys, values)
            .Create("ScaledDotProductAttention", 13, static node => new Attention(node))
            .Prepare()
            .Run();
}
