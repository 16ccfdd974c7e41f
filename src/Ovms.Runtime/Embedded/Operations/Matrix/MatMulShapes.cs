using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>What MatMul multiplies once shapes are known: one or many products of stored matrices.</summary>
internal sealed class MatMulShapes
{
    /// <summary>Shape of the result.</summary>
    public required Shape Output { get; init; }

    /// <summary>Rows of a product.</summary>
    public required int M { get; init; }

    /// <summary>Columns of a product.</summary>
    public required int N { get; init; }

    /// <summary>Depth.</summary>
    public required int K { get; init; }

    /// <summary>Products.</summary>
    public required int Batches { get; init; }

    /// <summary>Whether the stored first matrices are transposed.</summary>
    public required bool TransposeA { get; init; }

    /// <summary>Whether the stored second matrices are transposed.</summary>
    public required bool TransposeB { get; init; }

    /// <summary>Stored first matrices.</summary>
    public required int CountA { get; init; }

    /// <summary>Stored second matrices.</summary>
    public required int CountB { get; init; }

    /// <summary>Which first matrix a product takes; null when there is one product only or all take the first.</summary>
    public int[]? IndexA { get; init; }

    /// <summary>Which second matrix a product takes; null likewise.</summary>
    public int[]? IndexB { get; init; }

    /// <summary>Applies the rules of IR sheet §14.2.</summary>
    /// <exception cref="Errors.ModelLoadException">The shapes do not fit.</exception>
    public static MatMulShapes Resolve(GraphNode node, in Shape a, in Shape b, bool transposeA, bool transposeB)
    {
        if (a.Rank == 0 || b.Rank == 0)
        {
            throw node.Error("scalars cannot be multiplied as matrices");
        }

        var (first, second) = (Expand(a, isFirst: true), Expand(b, isFirst: false));
        (transposeA, transposeB) = (transposeA && a.Rank > 1, transposeB && b.Rank > 1);
        var m = first[first.Rank - (transposeA ? 1 : 2)];
        var k = first[first.Rank - (transposeA ? 2 : 1)];
        var n = second[second.Rank - (transposeB ? 2 : 1)];
        if (k != second[second.Rank - (transposeB ? 1 : 2)])
        {
            throw node.Error($"shapes {a} and {b} cannot be multiplied");
        }

        var batch = Broadcast(node, first, second);
        var output = batch;
        if ((a.Rank > 1 && !output.TryAppend(m)) || (b.Rank > 1 && !output.TryAppend(n)))
        {
            throw node.Error($"the result of {a} and {b} has too many dimensions");
        }

        var batches = checked((int)batch.ElementCount);
        var countA = checked((int)first.Product(0, first.Rank - 2));
        var countB = checked((int)second.Product(0, second.Rank - 2));
        if (countB == 1 && !transposeA && countA == batches)
        {
            // One second matrix for all: the first ones are one tall matrix.
            (m, batches, countA) = (checked(m * batches), 1, 1);
        }

        return new MatMulShapes
        {
            Output = output,
            M = checked((int)m),
            N = checked((int)n),
            K = checked((int)k),
            Batches = batches,
            TransposeA = transposeA,
            TransposeB = transposeB,
            CountA = countA,
            CountB = countB,
            IndexA = countA <= 1 ? null : Indices(batch, first, batches),
            IndexB = countB <= 1 ? null : Indices(batch, second, batches),
        };
    }

    private static Shape Expand(in Shape shape, bool isFirst) =>
        shape.Rank > 1 ? shape : isFirst ? new Shape(1, shape[0]) : new Shape(shape[0], 1);

    private static Shape Broadcast(GraphNode node, in Shape first, in Shape second)
    {
        var rank = Math.Max(first.Rank, second.Rank) - 2;
        var batch = default(Shape);
        for (var axis = 0; axis < rank; axis++)
        {
            var x = Dimension(first, axis, rank);
            var y = Dimension(second, axis, rank);
            if (x != y && x != 1 && y != 1)
            {
                throw node.Error($"shapes {first} and {second} cannot be broadcast");
            }

            batch.TryAppend(x == 1 ? y : x);
        }

        return batch;
    }

    private static long Dimension(in Shape shape, int axis, int rank)
    {
        var own = axis - (rank - (shape.Rank - 2));
        return own < 0 ? 1 : shape[own];
    }

    private static int[] Indices(in Shape batch, in Shape operand, int batches)
    {
        var indices = new int[batches];
        for (var i = 0; i < batches; i++)
        {
            var (rest, stride, index) = ((long)i, 1L, 0L);
            for (var axis = batch.Rank - 1; axis >= 0; axis--)
            {
                var size = Dimension(operand, axis, batch.Rank);
                index += size == 1 ? 0 : rest % batch[axis] * stride;
                stride *= size;
                rest /= batch[axis];
            }

            indices[i] = (int)index;
        }

        return indices;
    }
}
