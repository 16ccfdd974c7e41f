using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Tile-1: repeats every axis; the shorter of shape and repeats is padded with 1s on the left.</summary>
internal sealed class TileOperation : MovementOperation
{
    public TileOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(2);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!HaveData(context, 1, 1))
        {
            return false;
        }

        var data = context.Input(0);
        ElementSize(data.Type);
        var shape = default(Shape);
        var rank = Math.Max(data.Shape.Rank, context.Input(1).Count);
        for (var i = 0; i < rank; i++)
        {
            Append(ref shape, checked(Dimension(data.Shape, i, rank) * Repeats(context, i, rank)));
        }

        context.SetOutput(0, data.Type, shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var (data, output) = (context.Input(0), context.Output(0));
        Span<long> to = stackalloc long[Shape.MaxRank];
        Span<long> from = stackalloc long[Shape.MaxRank];
        RowMajor(output.Shape, to);
        RowMajor(data.Shape, from);
        var rank = output.Shape.Rank;
        var copy = default(StridedCopy);
        for (var i = 0; i < rank; i++)
        {
            var size = Dimension(data.Shape, i, rank);
            copy.Add(Repeats(context, i, rank), 0, to[i] * size);
            copy.Add(size, i < rank - data.Shape.Rank ? 0 : from[i - rank + data.Shape.Rank], to[i]);
        }

        copy.Run(ElementSize(data.Type), data.Bytes, 0, output.Bytes, 0);
    }

    private static long Dimension(in Shape shape, int i, int rank) => i < rank - shape.Rank ? 1 : shape[i - rank + shape.Rank];

    private long Repeats(OperationContext context, int i, int rank)
    {
        var repeats = context.Input(1);
        var position = i - rank + repeats.Count;

        // Repeats below zero behave as zero upstream.
        return position < 0 ? 1 : Math.Max(ReadInt(repeats, position), 0);
    }
}
