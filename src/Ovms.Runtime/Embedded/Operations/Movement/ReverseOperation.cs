using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Reverse-1: flips the axes listed (mode <c>index</c>) or marked (mode <c>mask</c>).</summary>
internal sealed class ReverseOperation : MovementOperation
{
    private readonly bool _mask;

    public ReverseOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(2);
        var mode = node.Attributes.GetEnum("mode", "");
        _mask = mode switch
        {
            "mask" => true,
            "index" => false,
            _ => throw node.Error($"mode \"{mode}\" is not known"),
        };
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, axes) = (context.Input(0), context.Input(1));
        ElementSize(data.Type);
        if (_mask ? axes.Type != ElementType.Boolean || axes.Count != data.Shape.Rank : !axes.Type.IsInteger())
        {
            throw Node.Error($"axes {axes.Shape} of {axes.Type.IrName()} do not fit data {data.Shape}");
        }

        if (axes.HasData)
        {
            Axes(context);
        }

        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var data = context.Input(0);
        var reversed = Axes(context);
        Span<long> strides = stackalloc long[Shape.MaxRank];
        RowMajor(data.Shape, strides);
        var copy = default(StridedCopy);
        long offset = 0;
        for (var i = 0; i < data.Shape.Rank; i++)
        {
            var flip = (reversed & (1u << i)) != 0;
            offset += flip ? (data.Shape[i] - 1) * strides[i] : 0;
            copy.Add(data.Shape[i], flip ? -strides[i] : strides[i], strides[i]);
        }

        copy.Run(ElementSize(data.Type), data.Bytes, offset, context.Output(0).Bytes, 0);
    }

    private uint Axes(OperationContext context)
    {
        var axes = context.Input(1);
        uint bits = 0;
        for (var i = 0; i < axes.Count; i++)
        {
            bits |= !_mask ? 1u << Axis(ReadInt(axes, i), context.Input(0).Shape.Rank)
                : ReadInt(axes, i) != 0 ? 1u << i
                : 0;
        }

        return bits;
    }
}
