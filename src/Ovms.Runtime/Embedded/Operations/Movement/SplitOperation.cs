using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Split-1 (equal parts) and VariadicSplit-1 (lengths from input 2, one −1 allowed).</summary>
internal sealed class SplitOperation : MovementOperation
{
    private readonly long _parts;

    public SplitOperation(GraphNode node, bool variadic)
        : base(node)
    {
        RequireInputs(variadic ? 3 : 2);
        _parts = variadic ? 0 : node.Attributes.GetInt("num_splits");
        if (!variadic && _parts < 1)
        {
            throw node.Error($"num_splits {_parts} is not positive");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!HaveData(context, 1, 2))
        {
            return false;
        }

        var data = context.Input(0);
        ElementSize(data.Type);
        var axis = Axis(ReadScalar(context.Input(1), "axis"), data.Shape.Rank);
        var parts = _parts > 0 ? _parts : context.Input(2).Count;
        if (context.OutputCount > parts)
        {
            throw Node.Error($"{context.OutputCount} outputs for {parts} parts");
        }

        for (var i = 0; i < context.OutputCount; i++)
        {
            var shape = data.Shape;
            shape[axis] = PartSize(context, i, shape[axis]);
            context.SetOutput(i, data.Type, shape);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var data = context.Input(0);
        var axis = Axis(ReadScalar(context.Input(1), "axis"), data.Shape.Rank);
        var outer = data.Shape.Product(0, axis);
        var row = data.Shape.Product(axis, data.Shape.Rank);
        var elementSize = ElementSize(data.Type);
        long offset = 0;
        for (var i = 0; i < context.OutputCount; i++)
        {
            var output = context.Output(i);
            var part = output.Shape.Product(axis, output.Shape.Rank);
            var copy = default(StridedCopy);
            copy.Add(outer, row, part);
            copy.Add(part, 1, 1);
            if (output.HasData)
            {
                copy.Run(elementSize, data.Bytes, offset, output.Bytes, 0);
            }

            offset += part;
        }
    }

    private long PartSize(OperationContext context, int part, long size)
    {
        if (_parts > 0)
        {
            return size % _parts == 0 ? size / _parts : throw Node.Error($"a dimension of {size} does not split into {_parts} equal parts");
        }

        var lengths = context.Input(2);
        var (sum, open) = (0L, -1);
        for (var i = 0; i < lengths.Count; i++)
        {
            var length = ReadInt(lengths, i);
            if (length < 0)
            {
                open = length == -1 && open < 0 ? i : throw Node.Error($"split length {length} is not allowed");
            }
            else
            {
                sum = length <= size - sum ? sum + length : throw Node.Error($"the split lengths are more than the dimension of {size}");
            }
        }

        return open < 0 && sum != size ? throw Node.Error($"the split lengths add up to {sum}, the dimension is {size}")
            : part == open ? size - sum
            : ReadInt(lengths, part);
    }
}
