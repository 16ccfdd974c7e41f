using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>OneHot-1 and -16: inputs indices, depth, on, off; an index out of range gives a row of off.</summary>
internal sealed class OneHotOperation : MovementOperation
{
    private readonly long _axis;
    private readonly bool _normalizes;

    public OneHotOperation(GraphNode node, bool hasMode)
        : base(node)
    {
        RequireInputs(4);
        _axis = node.Attributes.GetInt("axis", 0);
        _normalizes = hasMode && node.Attributes.GetEnum("negative_indices_mode", "ignore_negative") switch
        {
            "normalize" => true,
            "ignore_negative" or "ignore-negative" => false,
            var other => throw node.Error($"negative_indices_mode \"{other}\" is not known"),
        };
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!HaveData(context, 1, 1))
        {
            return false;
        }

        var indices = context.Input(0);
        var (on, off) = (context.Input(2), context.Input(3));
        ElementSize(on.Type);
        if (on.Type != off.Type || on.Count != 1 || off.Count != 1 || !indices.Type.IsInteger())
        {
            throw Node.Error("on and off must be two numbers of one type, indices integers");
        }

        var axis = Axis(_axis, indices.Shape.Rank + 1);
        var shape = default(Shape);
        for (var i = 0; i <= indices.Shape.Rank; i++)
        {
            Append(ref shape, i == axis ? ReadScalar(context.Input(1), "depth") : indices.Shape[i < axis ? i : i - 1]);
        }

        context.SetOutput(0, on.Type, shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var (indices, output) = (context.Input(0), context.Output(0));
        var axis = Axis(_axis, output.Shape.Rank);
        var depth = output.Shape[axis];
        var inner = (int)output.Shape.Product(axis + 1, output.Shape.Rank);
        var elementSize = ElementSize(output.Type);
        var fill = default(StridedCopy);
        fill.Add(output.Count, 0, 1);
        fill.Run(elementSize, context.Input(3).Bytes, 0, output.Bytes, 0);
        var on = context.Input(2).Bytes;
        for (var i = 0; i < indices.Count; i++)
        {
            var index = ReadInt(indices, i);
            index += index < 0 && _normalizes ? depth : 0;
            if ((ulong)index < (ulong)depth)
            {
                var (outer, place) = Math.DivRem(i, inner);
                on.CopyTo(output.Bytes[(int)(((((outer * depth) + index) * inner) + place) * elementSize)..]);
            }
        }
    }
}
