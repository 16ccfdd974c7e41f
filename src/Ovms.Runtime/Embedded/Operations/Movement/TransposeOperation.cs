using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Transpose-1: <c>out.shape[i] = in.shape[order[i]]</c>; an empty order reverses the axes.</summary>
internal sealed class TransposeOperation : MovementOperation
{
    public TransposeOperation(GraphNode node)
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
        Span<int> order = stackalloc int[Shape.MaxRank];
        order = ReadOrder(context, order);
        var shape = default(Shape);
        foreach (var axis in order)
        {
            Append(ref shape, data.Shape[axis]);
        }

        context.SetOutput(0, data.Type, shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var data = context.Input(0);
        Span<int> order = stackalloc int[Shape.MaxRank];
        order = ReadOrder(context, order);
        Span<long> from = stackalloc long[Shape.MaxRank];
        Span<long> to = stackalloc long[Shape.MaxRank];
        RowMajor(data.Shape, from);
        RowMajor(context.Output(0).Shape, to);
        var copy = default(StridedCopy);
        for (var i = 0; i < order.Length; i++)
        {
            copy.Add(data.Shape[order[i]], from[order[i]], to[i]);
        }

        copy.Run(ElementSize(data.Type), data.Bytes, 0, context.Output(0).Bytes, 0);
    }

    private Span<int> ReadOrder(OperationContext context, Span<int> order)
    {
        var rank = context.Input(0).Shape.Rank;
        var input = context.Input(1);
        if (input.Count != 0 && input.Count != rank)
        {
            throw Node.Error($"the order has {input.Count} entries for a rank of {rank}");
        }

        uint seen = 0;
        for (var i = 0; i < rank; i++)
        {
            order[i] = input.Count == 0 ? rank - 1 - i : Axis(ReadInt(input, i), rank, "order entry");
            seen |= 1u << order[i];
        }

        return seen == (1u << rank) - 1 ? order[..rank] : throw Node.Error("the order lists an axis twice");
    }
}
