using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>Concrete sizes of an attention, and where each of its products finds its matrices.</summary>
internal sealed class AttentionShapes
{
    /// <summary>Shape of the result.</summary>
    public required Shape Output { get; init; }

    /// <summary>Query rows.</summary>
    public required int L { get; init; }

    /// <summary>Key rows.</summary>
    public required int S { get; init; }

    /// <summary>Size of a query and a key.</summary>
    public required int E { get; init; }

    /// <summary>Size of a value.</summary>
    public required int V { get; init; }

    /// <summary>Products.</summary>
    public required int Batches { get; init; }

    /// <summary>Element offset of the query matrix of each product.</summary>
    public required int[] Query { get; init; }

    /// <summary>Element offset of the key matrix.</summary>
    public required int[] Key { get; init; }

    /// <summary>Element offset of the value matrix.</summary>
    public required int[] Value { get; init; }

    /// <summary>Element offset of the mask, or null without one.</summary>
    public required int[]? Mask { get; init; }

    /// <summary>Mask elements between query rows: 0 when they share one.</summary>
    public required int MaskRow { get; init; }

    /// <summary>Mask elements between keys: 0 or 1.</summary>
    public required int MaskColumn { get; init; }

    /// <summary>Fits the inputs of a context together.</summary>
    /// <exception cref="Errors.ModelLoadException">The shapes do not fit.</exception>
    public static AttentionShapes Resolve(GraphNode node, OperationContext context, bool causal)
    {
        var (q, k, v) = (context.Input(0).Shape, context.Input(1).Shape, context.Input(2).Shape);
        if (q.Rank < 3 || k.Rank < 3 || v.Rank < 3 || q[q.Rank - 1] != k[k.Rank - 1] || k[k.Rank - 2] != v[v.Rank - 2])
        {
            throw node.Error($"shapes {q}, {k}, {v} do not fit together");
        }

        var rank = Math.Max(q.Rank, Math.Max(k.Rank, v.Rank)) - 2;
        var batch = default(Shape);
        for (var axis = 0; axis < rank; axis++)
        {
            long size = 1;
            foreach (var shape in (ReadOnlySpan<Shape>)[q, k, v])
            {
                var own = BatchAxis(shape, axis, rank);
                if (own != size && own != 1 && size != 1)
                {
                    throw node.Error($"shapes {q}, {k}, {v} cannot be broadcast");
                }

                size = size == 1 ? own : size;
            }

            batch.TryAppend(size);
        }

        var output = batch;
        output.TryAppend(q[q.Rank - 2]);
        output.TryAppend(v[v.Rank - 1]);
        var batches = checked((int)batch.ElementCount);
        int[]? mask = null;
        var (maskRow, maskColumn) = (0, 0);
        if (context.HasInput(3) && !causal)
        {
            (mask, maskRow, maskColumn) = MaskOf(node, context.Input(3).Shape, batch, batches, q[q.Rank - 2], k[k.Rank - 2]);
        }

        return new AttentionShapes
        {
            Output = output,
            L = checked((int)q[q.Rank - 2]),
            S = checked((int)k[k.Rank - 2]),
            E = checked((int)q[q.Rank - 1]),
            V = checked((int)v[v.Rank - 1]),
            Batches = batches,
            Query = Offsets(batch, q, batches),
            Key = Offsets(batch, k, batches),
            Value = Offsets(batch, v, batches),
            Mask = mask,
            MaskRow = maskRow,
            MaskColumn = maskColumn,
        };
    }

    private static (int[] Offsets, int Row, int Column) MaskOf(GraphNode node, in Shape mask, in Shape batch, int batches, long l, long s)
    {
        // Missing leading axes are ones.
        var full = default(Shape);
        for (var axis = mask.Rank; axis < Math.Max(2, batch.Rank + 2); axis++)
        {
            full.TryAppend(1);
        }

        foreach (var size in mask.Dims)
        {
            full.TryAppend(size);
        }

        var fits = full.Rank == batch.Rank + 2 && (full[full.Rank - 2] == l || full[full.Rank - 2] == 1) && (full[full.Rank - 1] == s || full[full.Rank - 1] == 1);
        for (var axis = 0; fits && axis < batch.Rank; axis++)
        {
            fits = full[axis] == batch[axis] || full[axis] == 1;
        }

        if (!fits)
        {
            throw node.Error($"a mask of shape {mask} does not fit {l} queries and {s} keys");
        }

        return (Offsets(batch, full, batches), full[full.Rank - 2] == 1 ? 0 : (int)full[full.Rank - 1], full[full.Rank - 1] == 1 ? 0 : 1);
    }

    private static long BatchAxis(in Shape shape, int axis, int rank)
    {
        var own = axis - (rank - (shape.Rank - 2));
        return own < 0 ? 1 : shape[own];
    }

    private static int[] Offsets(in Shape batch, in Shape operand, int batches)
    {
        var matrix = operand.Product(operand.Rank - 2, operand.Rank);
        var offsets = new int[batches];
        for (var i = 0; i < batches; i++)
        {
            var (rest, stride, offset) = ((long)i, matrix, 0L);
            for (var axis = batch.Rank - 1; axis >= 0; axis--)
            {
                var size = BatchAxis(operand, axis, batch.Rank);
                offset += size == 1 ? 0 : rest % batch[axis] * stride;
                stride *= size;
                rest /= batch[axis];
            }

            offsets[i] = (int)offset;
        }

        return offsets;
    }
}
