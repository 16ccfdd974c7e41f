using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Concat-1: joins tensors along <c>axis</c>.</summary>
internal sealed class ConcatOperation : MovementOperation
{
    private readonly long _axis;

    public ConcatOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(1);

        // The class upstream leaves a missing axis at 0 (IR sheet §3).
        _axis = node.Attributes.GetInt("axis", 0);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var first = context.Input(0);
        ElementSize(first.Type);
        var shape = first.Shape;
        var axis = Axis(_axis, shape.Rank);
        long size = 0;
        for (var i = 0; i < context.InputCount; i++)
        {
            var input = context.Input(i);
            var same = input.Type == first.Type && input.Shape.Rank == shape.Rank;
            for (var d = 0; same && d < shape.Rank; d++)
            {
                same = d == axis || input.Shape[d] == shape[d];
            }

            if (!same)
            {
                throw Node.Error($"input {i} {input.Shape} does not join {first.Shape} on axis {axis}");
            }

            size += input.Shape[axis];
        }

        shape[axis] = size;
        context.SetOutput(0, first.Type, shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var output = context.Output(0);
        var axis = Axis(_axis, output.Shape.Rank);
        var outer = output.Shape.Product(0, axis);
        var row = output.Shape.Product(axis, output.Shape.Rank);
        var elementSize = ElementSize(output.Type);
        long offset = 0;
        for (var i = 0; i < context.InputCount; i++)
        {
            var input = context.Input(i);
            var part = input.Shape.Product(axis, input.Shape.Rank);
            var copy = default(StridedCopy);
            copy.Add(outer, part, row);
            copy.Add(part, 1, 1);
            copy.Run(elementSize, input.Bytes, 0, output.Bytes, offset);
            offset += part;
        }
    }
}
