using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>ShuffleChannels: reads an axis as <c>[group, size / group]</c> and swaps the two.</summary>
internal sealed class ShuffleChannelsOperation : MovementOperation
{
    private readonly long _axis;
    private readonly long _group;

    public ShuffleChannelsOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(1);
        _axis = node.Attributes.GetInt("axis", 1);
        _group = node.Attributes.GetInt("group", 1);
        if (_group < 1)
        {
            throw node.Error($"group {_group} is not positive");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        ElementSize(data.Type);
        var size = data.Shape[Axis(_axis, data.Shape.Rank)];
        if (size % _group != 0)
        {
            throw Node.Error($"a dimension of {size} does not split into {_group} groups");
        }

        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var data = context.Input(0);
        var axis = Axis(_axis, data.Shape.Rank);
        var (size, inner) = (data.Shape[axis], data.Shape.Product(axis + 1, data.Shape.Rank));
        var members = size / _group;
        var copy = default(StridedCopy);
        copy.Add(data.Shape.Product(0, axis), size * inner, size * inner);
        copy.Add(members, inner, _group * inner);
        copy.Add(_group, members * inner, inner);
        copy.Add(inner, 1, 1);
        copy.Run(ElementSize(data.Type), data.Bytes, 0, context.Output(0).Bytes, 0);
    }
}
