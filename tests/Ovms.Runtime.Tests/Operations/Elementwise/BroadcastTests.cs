using System.Numerics;
using Ovms.Runtime.Embedded;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Operations.Matrix;

namespace Ovms.Runtime.Tests.Operations.Elementwise;

/// <summary>Broadcasting against index arithmetic per element.</summary>
public sealed class BroadcastTests
{
    private const int Cases = 150;

    [Fact]
    public void Binary_RandomNumpyShapes_MatchIndexArithmetic()
    {
        var random = new Random(20261);
        for (var i = 0; i < Cases; i++)
        {
            CheckBinary<float>(random, "Add", ElementType.F32, static (x, y) => x + y);
            CheckBinary<float>(random, "Maximum", ElementType.F32, static (x, y) => x < y ? y : x);
            CheckBinary<double>(random, "Subtract", ElementType.F64, static (x, y) => x - y);
            CheckBinary<sbyte>(random, "Multiply", ElementType.I8, static (x, y) => (sbyte)(x * y));
            CheckBinary<int>(random, "SquaredDifference", ElementType.I32, static (x, y) => (x - y) * (x - y));
            CheckBinary<ulong>(random, "Minimum", ElementType.U64, static (x, y) => Math.Min(x, y));
        }
    }

    [Fact]
    public void Comparison_RandomNumpyShapes_MatchIndexArithmetic()
    {
        var random = new Random(20262);
        for (var i = 0; i < Cases; i++)
        {
            CheckBinary<float, byte>(random, "Less", ElementType.F32, static (x, y) => x < y ? (byte)1 : (byte)0);
            CheckBinary<long, byte>(random, "Equal", ElementType.I64, static (x, y) => x == y ? (byte)1 : (byte)0);
        }
    }

    [Fact]
    public void Select_RandomNumpyShapes_MatchesIndexArithmetic()
    {
        var random = new Random(20263);
        for (var i = 0; i < Cases; i++)
        {
            var (shape, condition, then) = Shapes(random);
            var otherwise = Reduce(random, shape);
            var c = Values<byte>(random, condition, 2);
            var (x, y) = (Values<short>(random, then, 100), Values<short>(random, otherwise, 100));
            using var host = new OperationHost()
                .Input<byte>(ElementType.Boolean, c, false, condition)
                .Input<short>(ElementType.I16, x, false, then)
                .Input<short>(ElementType.I16, y, false, otherwise)
                .Create("Select", 1, OperationRegistry.Default.Create);

            var got = host.Prepare().Run().Output<short>();

            var result = host.Context.Output(0).Shape.Dims.ToArray();
            for (var at = 0; at < got.Length; at++)
            {
                var want = c[Index(result, condition, at)] != 0 ? x[Index(result, then, at)] : y[Index(result, otherwise, at)];
                Assert.Equal(want, got[at]);
            }
        }
    }

    [Theory]
    [InlineData(new long[] { 2, 3, 4 }, new long[] { 2 }, 12)]
    [InlineData(new long[] { 2, 3, 4 }, new long[] { 2, 3 }, 4)]
    [InlineData(new long[] { 2, 3, 4 }, new long[] { 2, 1, 1 }, 12)]
    [InlineData(new long[] { 2, 3, 4 }, new long[] { 1 }, 24)]
    public void Pdpd_LeadingDimensions_RepeatOverTheRest(long[] left, long[] right, int repeat)
    {
        var a = Values<float>(new Random(1), left, 10);
        var b = Values<float>(new Random(2), right, 10);
        using var host = new OperationHost().Attribute("auto_broadcast", "pdpd")
            .Input<float>(ElementType.F32, a, false, left).Input<float>(ElementType.F32, b, false, right)
            .Create("Subtract", 1, OperationRegistry.Default.Create);

        var got = host.Prepare().Run().Output<float>();

        Assert.Equal(a.Select((x, i) => x - b[i / repeat]), got);
    }

    [Theory]
    [InlineData("pdpd", new long[] { 2, 3, 4 }, new long[] { 3 })]
    [InlineData("none", new long[] { 2, 3 }, new long[] { 1, 3 })]
    [InlineData("numpy", new long[] { 2, 3 }, new long[] { 2 })]
    [InlineData("numpy", new long[] { 0, 3 }, new long[] { 2, 3 })]
    public void Infer_ShapesThatDoNotMatch_RefusesTheLayer(string rule, long[] left, long[] right)
    {
        using var host = new OperationHost().Attribute("auto_broadcast", rule)
            .Input<float>(ElementType.F32, Values<float>(new Random(1), left, 10), false, left)
            .Input<float>(ElementType.F32, Values<float>(new Random(1), right, 10), false, right)
            .Create("Add", 1, OperationRegistry.Default.Create);

        var exception = Assert.Throws<ModelLoadException>(() => host.Operation.Infer(host.Context));

        Assert.Contains("do not match", exception.Message, StringComparison.Ordinal);
    }

    private static void CheckBinary<T>(Random random, string type, ElementType element, Func<T, T, T> want)
        where T : unmanaged, INumber<T> => CheckBinary<T, T>(random, type, element, want);

    private static void CheckBinary<T, TResult>(Random random, string type, ElementType element, Func<T, T, TResult> want)
        where T : unmanaged, INumber<T>
        where TResult : unmanaged
    {
        var (_, left, right) = Shapes(random);
        var (a, b) = (Values<T>(random, left, 20), Values<T>(random, right, 20));
        using var host = new OperationHost()
            .Input<T>(element, a, false, left).Input<T>(element, b, false, right)
            .Create(type, 1, OperationRegistry.Default.Create);

        var got = host.Prepare().Run().Output<TResult>();

        var result = host.Context.Output(0).Shape.Dims.ToArray();
        Assert.Equal(result.Aggregate(1L, static (x, y) => x * y), got.Length);
        for (var at = 0; at < got.Length; at++)
        {
            Assert.Equal(want(a[Index(result, left, at)], b[Index(result, right, at)]), got[at]);
        }
    }

    private static (long[] Shape, long[] Left, long[] Right) Shapes(Random random)
    {
        var shape = new long[random.Next(0, 6)];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = random.Next(12) switch { 0 => 0, 1 => 19, var size => (size % 4) + 1 };
        }

        return (shape, Reduce(random, shape), Reduce(random, shape));
    }

    private static long[] Reduce(Random random, long[] shape)
    {
        var reduced = shape[random.Next(random.Next(2) == 0 ? 1 : shape.Length + 1)..];
        return [.. reduced.Select(size => random.Next(3) == 0 ? 1 : size)];
    }

    private static T[] Values<T>(Random random, long[] shape, int bound)
        where T : unmanaged, INumber<T>
    {
        var values = new T[shape.Aggregate(1L, static (x, y) => x * y)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = T.CreateTruncating(random.Next(bound));
        }

        return values;
    }

    private static long Index(long[] result, long[] input, long at)
    {
        long index = 0, stride = 1;
        for (var axis = result.Length - 1; axis >= 0; axis--)
        {
            var own = axis - result.Length + input.Length;
            if (own >= 0)
            {
                index += input[own] == 1 ? 0 : at % result[axis] * stride;
                stride *= input[own];
            }

            at /= result[axis];
        }

        return index;
    }
}
