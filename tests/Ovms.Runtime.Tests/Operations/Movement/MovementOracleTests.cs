using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Operations.Movement;

/// <summary>Movement kernels against naive index arithmetic on random shapes, for every element size.</summary>
public sealed class MovementOracleTests
{
    private const int Rounds = 150;

    private static readonly ElementType[] s_types = [ElementType.U8, ElementType.F16, ElementType.F32, ElementType.I64];

    [Fact]
    public void Transpose_RandomShapes_EqualsIndexArithmetic() => Repeat(static (random, type) =>
    {
        var shape = RandomShape(random, 1, 6, 7);
        var order = Enumerable.Range(0, shape.Length).ToArray();
        random.Shuffle(order);
        var data = TestTensor.Counting(type, shape);

        var result = OperationHarness.Run("Transpose", 1, "", data, TestTensor.Longs(Array.ConvertAll(order, static o => (long)o)));

        var expected = Build(order.Select(o => shape[o]).ToArray(), at =>
        {
            var source = new long[shape.Length];
            for (var i = 0; i < order.Length; i++)
            {
                source[order[i]] = at[i];
            }

            return source;
        }, shape);
        Check(expected, result, data);
    });

    [Theory]
    [InlineData(33, 70)]
    [InlineData(128, 17)]
    [InlineData(1, 40)]
    public void Transpose_LargeMatrix_EqualsIndexArithmetic(int rows, int columns)
    {
        foreach (var type in s_types)
        {
            var data = TestTensor.Counting(type, 2, rows, columns);

            var result = OperationHarness.Run("Transpose", 1, "", data, TestTensor.Longs(0, 2, 1));

            Check(Build([2, columns, rows], static at => [at[0], at[2], at[1]], [2, rows, columns]), result, data);
        }
    }

    [Fact]
    public void Slice_RandomBounds_EqualsPython() => Repeat(static (random, type) =>
    {
        var shape = RandomShape(random, 1, 5, 6);
        var (start, stop, step) = (Bounds(random, shape), Bounds(random, shape), Steps(random, shape.Length));
        var data = TestTensor.Counting(type, shape);

        var result = OperationHarness.Run(
            "Slice", 8, "", data, TestTensor.Longs(start), TestTensor.Longs(stop), TestTensor.Longs(step));

        CheckSlices(shape, Picks(shape, start, stop, step), result, data);
    });

    [Fact]
    public void StridedSlice_RandomBoundsAndMasks_EqualsPython() => Repeat(static (random, type) =>
    {
        var shape = RandomShape(random, 1, 5, 6);
        var (start, stop, step) = (Bounds(random, shape), Bounds(random, shape), Steps(random, shape.Length));
        var (beginMask, endMask) = (Bits(random, shape.Length), Bits(random, shape.Length));
        var data = TestTensor.Counting(type, shape);

        var attributes = $"begin_mask={string.Join(',', beginMask)};end_mask={string.Join(',', endMask)}";
        var result = OperationHarness.Run(
            "StridedSlice", 1, attributes, data, TestTensor.Longs(start), TestTensor.Longs(stop), TestTensor.Longs(step));

        for (var i = 0; i < shape.Length; i++)
        {
            start[i] = beginMask[i] == 0 ? start[i] : step[i] > 0 ? 0 : shape[i] - 1;
            stop[i] = endMask[i] == 0 ? stop[i] : step[i] > 0 ? shape[i] : -shape[i] - 1;
        }

        CheckSlices(shape, Picks(shape, start, stop, step), result, data);
    });

    [Theory]
    [InlineData("constant")]
    [InlineData("edge")]
    [InlineData("reflect")]
    [InlineData("symmetric")]
    public void Pad_RandomPads_EqualsIndexArithmetic(string mode) => Repeat((random, type) =>
    {
        var shape = RandomShape(random, 1, 4, 5).Select(static d => Math.Max(d, 1)).ToArray();
        var begin = shape.Select(d => RandomPad(random, mode, d)).ToArray();
        var end = shape.Select((d, i) => Math.Max(RandomPad(random, mode, d), -(d + begin[i]))).ToArray();
        var data = TestTensor.Counting(type, shape);
        var value = new TestTensor(type, Shape.Scalar, Enumerable.Repeat((byte)0x77, type.ByteSize()).ToArray());

        var result = OperationHarness.Run(
            "Pad", 12, "pad_mode=" + mode, data, TestTensor.Longs(begin), TestTensor.Longs(end), value);

        var outputs = shape.Select((d, i) => d + begin[i] + end[i]).ToArray();
        Assert.Equal(new Shape(outputs), result.Shape);
        var (raw, source, fill) = (result.Raw(), data.Raw(), value.Raw()[0]);
        for (long flat = 0; flat < raw.Length; flat++)
        {
            var at = Unflatten(flat, outputs).Select((o, i) => PadSource(mode, o - begin[i], shape[i])).ToArray();
            Assert.Equal(at.Contains(-1) ? fill : source[Flatten(at, shape)], raw[flat]);
        }
    });

    [Fact]
    public void ConcatThenVariadicSplit_RandomParts_GivesTheParts() => Repeat(static (random, type) =>
    {
        var shape = RandomShape(random, 1, 5, 5);
        var axis = random.Next(shape.Length);
        var parts = Enumerable.Range(0, random.Next(1, 5)).Select(_ =>
        {
            var part = (long[])shape.Clone();
            part[axis] = random.Next(0, 5);
            var tensor = TestTensor.Counting(type, part);
            random.NextBytes(tensor.Bytes);
            return tensor;
        }).ToArray();

        var joined = OperationHarness.Run("Concat", 1, "axis=" + (axis - (random.Next(2) * shape.Length)), parts);
        var split = OperationHarness.Run(
            "VariadicSplit", 1, "", parts.Length, joined, TestTensor.Scalar(axis), TestTensor.Longs(parts.Select(p => p.Shape[axis]).ToArray()));

        for (var i = 0; i < parts.Length; i++)
        {
            Assert.Equal(parts[i].Shape, split[i].Shape);
            Assert.Equal(parts[i].Bytes, split[i].Bytes);
        }
    });

    [Fact]
    public void Gather_RandomIndices_EqualsIndexArithmetic() => Repeat(static (random, type) =>
    {
        var shape = RandomShape(random, 1, 4, 5).Select(static d => Math.Max(d, 1)).ToArray();
        var axis = random.Next(shape.Length);
        var batch = random.Next(axis + 1);
        var picks = shape[..batch].Concat(RandomShape(random, 0, 2, 4)).ToArray();
        var count = new Shape(picks).ElementCount;
        var size = shape[axis];
        var indices = Enumerable.Range(0, (int)count).Select(_ => random.Next((int)-size - 2, (int)size + 2)).ToArray();
        var data = TestTensor.Counting(type, shape);

        var result = OperationHarness.Run(
            "Gather", 8, "batch_dims=" + batch, data, TestTensor.Ints(picks, indices), TestTensor.Scalar(axis));

        var expected = shape[..axis].Concat(picks[batch..]).Concat(shape[(axis + 1)..]).ToArray();
        Assert.Equal(new Shape(expected), result.Shape);
        var (raw, source) = (result.Raw(), data.Raw());
        for (long flat = 0; flat < raw.Length; flat++)
        {
            var at = Unflatten(flat, expected);
            var inner = picks.Length - batch;
            var index = indices[Flatten([.. at[..batch], .. at[axis..(axis + inner)]], picks)];
            index += index < 0 ? (int)size : 0;
            long[] from = [.. at[..axis], index, .. at[(axis + inner)..]];
            Assert.Equal(index < 0 || index >= size ? 0 : source[Flatten(from, shape)], raw[flat]);
        }
    });

    private static void Repeat(Action<Random, ElementType> test)
    {
        for (var round = 0; round < Rounds; round++)
        {
            test(new Random(round), s_types[round % s_types.Length]);
        }
    }

    private static long[] RandomShape(Random random, int minRank, int maxRank, int maxSize) =>
        Enumerable.Range(0, random.Next(minRank, maxRank + 1)).Select(_ => (long)random.Next(random.Next(12) == 0 ? 0 : 1, maxSize + 1)).ToArray();

    private static long[] Bounds(Random random, long[] shape) => shape.Select(d => random.Next(15) switch
    {
        0 => long.MaxValue,
        1 => long.MinValue,
        _ => random.Next((int)-d - 2, (int)d + 3),
    }).ToArray();

    private static long[] Steps(Random random, int count) =>
        Enumerable.Range(0, count).Select(_ => (long)random.Next(1, 4) * (random.Next(2) == 0 ? 1 : -1)).ToArray();

    private static int[] Bits(Random random, int count) => Enumerable.Range(0, count).Select(_ => random.Next(2)).ToArray();

    private static long RandomPad(Random random, string mode, long size) =>
        random.Next((int)-size, mode switch { "reflect" => (int)size, "symmetric" => (int)size + 1, _ => 5 });

    private static long PadSource(string mode, long i, long size) => i >= 0 && i < size ? i : mode switch
    {
        "constant" => -1,
        "edge" => Math.Clamp(i, 0, size - 1),
        "reflect" => i < 0 ? -i : (2 * size) - 2 - i,
        _ => i < 0 ? -1 - i : (2 * size) - 1 - i,
    };

    // Python's slice.indices, by its documented definition.
    private static long[][] Picks(long[] shape, long[] start, long[] stop, long[] step) => shape.Select((size, i) =>
    {
        var (low, high) = step[i] > 0 ? (0L, size) : (-1L, size - 1);
        long Bound(long value) => value < 0 ? Math.Max(value == long.MinValue ? low : value + size, low) : Math.Min(value, high);
        var picks = new List<long>();
        for (var at = Bound(start[i]); step[i] > 0 ? at < Bound(stop[i]) : at > Bound(stop[i]); at += step[i])
        {
            picks.Add(at);
        }

        return picks.ToArray();
    }).ToArray();

    private static void CheckSlices(long[] shape, long[][] picks, TestTensor result, TestTensor data)
    {
        var outputs = picks.Select(static p => (long)p.Length).ToArray();
        Check(Build(outputs, at => at.Select((a, i) => picks[i][a]).ToArray(), shape), result, data);
    }

    private static (long[] Shape, long[] Sources) Build(long[] outputs, Func<long[], long[]> map, long[] inputs) =>
        (outputs, Enumerable.Range(0, (int)new Shape(outputs).ElementCount).Select(i => Flatten(map(Unflatten(i, outputs)), inputs)).ToArray());

    private static void Check((long[] Shape, long[] Sources) expected, TestTensor result, TestTensor data)
    {
        Assert.Equal(new Shape(expected.Shape), result.Shape);
        var source = data.Raw();
        Assert.Equal(expected.Sources.Select(i => source[i]), result.Raw());
    }

    private static long[] Unflatten(long flat, long[] shape)
    {
        var at = new long[shape.Length];
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            (flat, at[i]) = (flat / shape[i], flat % shape[i]);
        }

        return at;
    }

    private static long Flatten(long[] at, long[] shape) => at.Zip(shape).Aggregate(0L, static (sum, pair) => (sum * pair.Second) + pair.First);
}
