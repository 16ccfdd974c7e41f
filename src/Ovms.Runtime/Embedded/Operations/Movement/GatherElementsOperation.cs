using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>GatherElements-6: output element at an index takes the data at that index with the coordinate on <c>axis</c> replaced.</summary>
internal sealed class GatherElementsOperation : MovementOperation
{
    private readonly long _axis;

    public GatherElementsOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(2);
        _axis = node.Attributes.GetInt("axis");
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, indices) = (context.Input(0), context.Input(1));
        ElementSize(data.Type);
        var axis = Axis(_axis, data.Shape.Rank);
        var fits = data.Shape.Rank == indices.Shape.Rank && indices.Type.IsInteger();
        for (var i = 0; fits && i < data.Shape.Rank; i++)
        {
            fits = i == axis || data.Shape[i] == indices.Shape[i];
        }

        if (!fits)
        {
            throw Node.Error($"indices {indices.Shape} of {indices.Type.IrName()} do not fit data {data.Shape}");
        }

        context.SetOutput(0, data.Type, indices.Shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var (data, indices, output) = (context.Input(0), context.Input(1), context.Output(0));
        switch (ElementSize(data.Type))
        {
            case 1:
                Run(data.As<byte>(), indices, output.As<byte>(), data.Shape);
                break;
            case 2:
                Run(data.As<ushort>(), indices, output.As<ushort>(), data.Shape);
                break;
            case 4:
                Run(data.As<uint>(), indices, output.As<uint>(), data.Shape);
                break;
            default:
                Run(data.As<ulong>(), indices, output.As<ulong>(), data.Shape);
                break;
        }
    }

    private void Run<T>(ReadOnlySpan<T> data, TensorValue indices, Span<T> output, in Shape shape)
    {
        var axis = Axis(_axis, shape.Rank);
        var size = shape[axis];
        var inner = (int)shape.Product(axis + 1, shape.Rank);
        var outer = (int)shape.Product(0, axis);
        var picks = (int)indices.Shape[axis];
        var position = 0;
        for (var o = 0; o < outer; o++)
        {
            for (var p = 0; p < picks; p++)
            {
                for (var i = 0; i < inner; i++, position++)
                {
                    var index = ReadInt(indices, position);
                    index += index < 0 ? size : 0;
                    if ((ulong)index >= (ulong)size)
                    {
                        throw Node.Error($"index {ReadInt(indices, position)} is outside a dimension of {size}");
                    }

                    output[position] = data[(int)((((o * size) + index) * inner) + i)];
                }
            }
        }
    }
}
