using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>ScatterUpdate-3: a copy of the data with whole slices on an axis replaced; later updates win.</summary>
internal sealed class ScatterUpdateOperation : MovementOperation
{
    public ScatterUpdateOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(4);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        ElementSize(data.Type);
        if (context.Input(2).Type != data.Type || !context.Input(1).Type.IsInteger())
        {
            throw Node.Error("updates must have the data's type and indices an integer type");
        }

        if (context.Input(3).HasData)
        {
            CheckedAxis(context);
        }

        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var (data, indices, updates, output) = (context.Input(0), context.Input(1), context.Input(2), context.Output(0));
        var axis = CheckedAxis(context);
        data.Bytes.CopyTo(output.Bytes);
        var shape = data.Shape;
        var chunk = (int)shape.Product(axis + 1, shape.Rank) * ElementSize(data.Type);
        var outer = (int)shape.Product(0, axis);
        var size = shape[axis];
        var from = updates.Bytes;
        for (var o = 0; o < outer; o++)
        {
            for (var i = 0; i < indices.Count; i++)
            {
                var index = ReadInt(indices, i);
                index += index < 0 ? size : 0;
                if ((ulong)index >= (ulong)size)
                {
                    throw Node.Error($"index {ReadInt(indices, i)} is outside a dimension of {size}");
                }

                from[..chunk].CopyTo(output.Bytes[(int)(((o * size) + index) * chunk)..]);
                from = from[chunk..];
            }
        }
    }

    private int CheckedAxis(OperationContext context)
    {
        var (data, indices, updates) = (context.Input(0).Shape, context.Input(1).Shape, context.Input(2).Shape);
        var axis = Axis(ReadScalar(context.Input(3), "axis"), data.Rank);
        var fits = updates.Rank == data.Rank - 1 + indices.Rank;
        for (var i = 0; fits && i < updates.Rank; i++)
        {
            fits = updates[i] == (i < axis ? data[i] : i < axis + indices.Rank ? indices[i - axis] : data[i - indices.Rank + 1]);
        }

        return fits ? axis : throw Node.Error($"updates {updates} do not go with data {data}, indices {indices} and axis {axis}");
    }
}
