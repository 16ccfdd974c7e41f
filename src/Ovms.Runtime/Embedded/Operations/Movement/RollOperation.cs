using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Roll-7: cyclic shifts; shifts of a repeated axis add up, a single shift serves all axes.</summary>
internal sealed class RollOperation : MovementOperation
{
    public RollOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(3);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        ElementSize(data.Type);
        if (context.Input(1).Count != 1 && context.Input(1).Count != context.Input(2).Count)
        {
            throw Node.Error($"{context.Input(1).Count} shifts for {context.Input(2).Count} axes");
        }

        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var data = context.Input(0);
        var shape = data.Shape;
        if (data.Count == 0)
        {
            return;
        }

        Span<long> shift = stackalloc long[Shape.MaxRank];
        shift.Clear();
        var (shifts, axes) = (context.Input(1), context.Input(2));
        for (var i = 0; i < axes.Count; i++)
        {
            var axis = Axis(ReadInt(axes, i), shape.Rank);
            var by = ReadInt(shifts, shifts.Count == 1 ? 0 : i) % shape[axis];
            shift[axis] = (shift[axis] + by + shape[axis]) % shape[axis];
        }

        // Every rolled axis falls into two parts; all combinations of parts are plain strided copies.
        Span<long> strides = stackalloc long[Shape.MaxRank];
        RowMajor(shape, strides);
        for (var parts = 0; parts < 1 << shape.Rank; parts++)
        {
            var copy = default(StridedCopy);
            var (from, to) = (0L, 0L);
            for (var i = 0; i < shape.Rank; i++)
            {
                var tail = (parts & (1 << i)) != 0;
                copy.Add(tail ? shift[i] : shape[i] - shift[i], strides[i], strides[i]);
                from += tail ? (shape[i] - shift[i]) * strides[i] : 0;
                to += tail ? 0 : shift[i] * strides[i];
            }

            copy.Run(ElementSize(data.Type), data.Bytes, from, context.Output(0).Bytes, to);
        }
    }
}
