using Ovms.Runtime.Embedded;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Operations.Matrix;

namespace Ovms.Runtime.Tests.Operations.Reductions;

public sealed class ReduceTests
{
    [Fact]
    public void Reduce_RandomShapesAndAxes_MatchesIndexArithmetic()
    {
        var random = new Random(20264);
        for (var i = 0; i < 200; i++)
        {
            Check(random, "ReduceSum", 1, 0, static (acc, x) => acc + x);
            Check(random, "ReduceMax", 1, float.MinValue, static (acc, x) => Math.Max(acc, x));
            Check(random, "ReduceMin", 1, float.MaxValue, static (acc, x) => Math.Min(acc, x));
            Check(random, "ReduceL1", 4, 0, static (acc, x) => acc + Math.Abs(x));
            Check(random, "ReduceProd", 1, 1, static (acc, x) => acc * x);
        }
    }

    [Theory]
    [InlineData(ElementType.F32, 1)]
    [InlineData(ElementType.F32, 3)]
    public void Softmax_LongAndStridedAxes_SumsToOne(ElementType type, int inner)
    {
        const int Size = 1003;
        var values = new float[2 * Size * inner];
        var random = new Random(5);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)((random.NextDouble() * 40) - 20);
        }

        using var host = new OperationHost().Attribute("axis", "1")
            .Input<float>(type, values, false, 2, Size, inner).Create("SoftMax", 8, OperationRegistry.Default.Create);
        var got = host.Prepare().Run().Output<float>();

        for (var lane = 0; lane < 2 * inner; lane++)
        {
            var first = (lane / inner * Size * inner) + (lane % inner);
            var row = Enumerable.Range(0, Size).Select(i => first + (i * inner)).ToArray();
            var max = row.Max(i => (double)values[i]);
            var sum = row.Sum(i => Math.Exp(values[i] - max));
            Assert.All(row, i => Assert.InRange(got[i] - (Math.Exp(values[i] - max) / sum), -1e-6, 1e-6));
        }
    }

    [Fact]
    public void Run_OnThreads_EqualsOneThread()
    {
        var values = new float[300 * 2000];
        var random = new Random(7);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }

        using var workers = new TestWorkers(3);
        foreach (var (type, opset, axis) in ((string, int, long)[])[("ReduceSum", 1, 0), ("ReduceSum", 1, 1), ("MVN", 6, 0), ("MVN", 6, 1), ("NormalizeL2", 1, 0)])
        {
            using var threaded = Create(workers);
            using var inline = Create(WorkerPool.Inline);
            Assert.Equal(inline.Prepare().Run().Output<float>(), threaded.Prepare().Run().Output<float>());

            OperationHost Create(WorkerPool pool) => new OperationHost { Workers = pool }
                .Attribute("eps", "1e-5").Attribute("normalize_variance", "true")
                .Input<float>(ElementType.F32, values, false, 300, 2000).Input<long>(ElementType.I64, [axis], true, 1)
                .Create(type, opset, OperationRegistry.Default.Create);
        }
    }

    private static void Check(Random random, string type, int opset, double start, Func<double, double, double> step)
    {
        var shape = new long[random.Next(0, 5)];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = random.Next(10) switch { 0 => 0, 1 => 17, var size => (size % 4) + 1 };
        }

        var axes = Enumerable.Range(0, shape.Length).Where(_ => random.Next(2) == 0).Select(static axis => (long)axis).ToArray();
        random.Shuffle(axes);
        var values = new float[shape.Aggregate(1L, static (x, y) => x * y)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (random.NextSingle() * 2) - 1;
        }

        using var host = new OperationHost().Attribute("keep_dims", "true")
            .Input<float>(ElementType.F32, values, false, shape).Input<long>(ElementType.I64, [.. axes.Select(a => random.Next(2) == 0 ? a : a - shape.Length)], true, axes.Length)
            .Create(type, opset, OperationRegistry.Default.Create);
        var got = host.Prepare().Run().Output<float>();

        var want = Enumerable.Repeat(start, got.Length).ToArray();
        for (var at = 0; at < values.Length; at++)
        {
            long index = 0, stride = 1, rest = at;
            for (var axis = shape.Length - 1; axis >= 0; axis--)
            {
                if (!axes.Contains(axis))
                {
                    index += rest % shape[axis] * stride;
                    stride *= shape[axis];
                }

                rest /= shape[axis];
            }

            want[index] = step(want[index], values[at]);
        }

        for (var i = 0; i < got.Length; i++)
        {
            Assert.True(Math.Abs(got[i] - want[i]) <= 1e-5 * Math.Max(1, Math.Abs(want[i])), $"{type} ({string.Join(',', shape)}) axes {string.Join(',', axes)}: {got[i]}, not {want[i]}");
        }
    }
}
