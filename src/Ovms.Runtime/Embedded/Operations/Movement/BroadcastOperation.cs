using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Broadcast-1 and Broadcast-3: modes numpy, explicit and (-3) bidirectional.</summary>
internal sealed class BroadcastOperation : MovementOperation
{
    private readonly bool _explicit;
    private readonly bool _bidirectional;

    public BroadcastOperation(GraphNode node, bool allowBidirectional)
        : base(node)
    {
        var mode = node.Attributes.GetEnum("mode", "numpy");

        // Broadcast-1 is written with the name of the broadcasting rule: none is explicit.
        _explicit = mode == "explicit" || (mode == "none" && !allowBidirectional);
        _bidirectional = mode == "bidirectional" && allowBidirectional;
        if (!_explicit && !_bidirectional && mode != "numpy")
        {
            throw node.Error($"mode \"{mode}\" is not known");
        }

        RequireInputs(_explicit ? 3 : 2);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!HaveData(context, 1, _explicit ? 2 : 1))
        {
            return false;
        }

        var data = context.Input(0);
        ElementSize(data.Type);
        Span<long> buffer = stackalloc long[MaxList];
        var target = ReadInts(context.Input(1), buffer);
        var rank = _bidirectional ? Math.Max(target.Length, data.Shape.Rank) : target.Length;
        var shape = default(Shape);
        for (var i = 0; i < rank; i++)
        {
            var wanted = i - rank + target.Length < 0 ? 1 : target[i - rank + target.Length];
            var axis = i - rank + data.Shape.Rank;
            Append(ref shape, _bidirectional && wanted == 1 && axis >= 0 ? data.Shape[axis] : wanted);
        }

        context.SetOutput(0, data.Type, shape);
        Check(context, shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var (data, output) = (context.Input(0), context.Output(0));
        Span<long> from = stackalloc long[Shape.MaxRank];
        Span<long> to = stackalloc long[Shape.MaxRank];
        Span<long> source = stackalloc long[Shape.MaxRank];
        RowMajor(data.Shape, from);
        RowMajor(output.Shape, to);
        source.Clear();
        for (var axis = 0; axis < data.Shape.Rank; axis++)
        {
            if (data.Shape[axis] != 1)
            {
                source[OutputAxis(context, axis, output.Shape.Rank)] = from[axis];
            }
        }

        var copy = default(StridedCopy);
        for (var i = 0; i < output.Shape.Rank; i++)
        {
            copy.Add(output.Shape[i], source[i], to[i]);
        }

        copy.Run(ElementSize(data.Type), data.Bytes, 0, output.Bytes, 0);
    }

    private int OutputAxis(OperationContext context, int axis, int rank) =>
        _explicit ? Axis(ReadInt(context.Input(2), axis), rank, "axes_mapping entry") : axis + rank - context.Input(0).Shape.Rank;

    private void Check(OperationContext context, in Shape shape)
    {
        var data = context.Input(0).Shape;
        if (data.Rank > shape.Rank || (_explicit && context.Input(2).Count != data.Rank))
        {
            throw Node.Error($"{data} does not broadcast to {shape}");
        }

        var previous = -1;
        for (var axis = 0; axis < data.Rank; axis++)
        {
            var to = OutputAxis(context, axis, shape.Rank);
            if ((data[axis] != 1 && data[axis] != shape[to]) || to <= previous)
            {
                throw Node.Error($"{data} does not broadcast to {shape}");
            }

            previous = to;
        }
    }
}
