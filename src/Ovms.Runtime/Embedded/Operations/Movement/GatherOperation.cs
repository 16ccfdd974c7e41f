using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Gather-1, -7 and -8: <c>data[:axis] + indices[batch_dims:] + data[axis+1:]</c>. In -8 negative indices count from the end; an
/// index out of range gives zeros.</summary>
internal sealed class GatherOperation : MovementOperation
{
    private readonly long _batchDims;
    private readonly bool _wraps;

    public GatherOperation(GraphNode node, int version)
        : base(node)
    {
        RequireInputs(3);
        _wraps = version >= 8;
        _batchDims = version >= 7 ? node.Attributes.GetInt("batch_dims", 0) : 0;
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!HaveData(context, 2, 2))
        {
            return false;
        }

        var (data, indices) = (context.Input(0), context.Input(1));
        ElementSize(data.Type);
        var (axis, batch) = Layout(context);
        var shape = default(Shape);
        for (var i = 0; i < axis; i++)
        {
            if (i < batch && data.Shape[i] != indices.Shape[i])
            {
                throw Node.Error($"batch dimensions of data {data.Shape} and indices {indices.Shape} differ");
            }

            Append(ref shape, data.Shape[i]);
        }

        for (var i = batch; i < indices.Shape.Rank; i++)
        {
            Append(ref shape, indices.Shape[i]);
        }

        for (var i = axis + 1; i < data.Shape.Rank; i++)
        {
            Append(ref shape, data.Shape[i]);
        }

        if (!indices.Type.IsInteger())
        {
            throw Node.Error($"indices of type {indices.Type.IrName()} are not supported");
        }

        context.SetOutput(0, data.Type, shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var (data, indices, output) = (context.Input(0), context.Input(1), context.Output(0));
        if (output.Count == 0)
        {
            return;
        }

        var (axis, batchDims) = Layout(context);
        var shape = data.Shape;
        var batches = (int)shape.Product(0, batchDims);
        var outer = (int)shape.Product(batchDims, axis);
        var size = shape[axis];
        var chunk = (int)shape.Product(axis + 1, shape.Rank) * ElementSize(data.Type);
        var count = indices.Count / batches;
        ReadOnlySpan<byte> source = data.Bytes;
        var target = output.Bytes;
        for (var batch = 0; batch < batches; batch++)
        {
            for (var o = 0; o < outer; o++)
            {
                var table = source[(int)(((batch * outer) + o) * size * chunk)..][..(int)(size * chunk)];
                for (var i = 0; i < count; i++)
                {
                    var index = ReadInt(indices, (batch * count) + i);
                    index += index < 0 && _wraps ? size : 0;
                    if ((ulong)index < (ulong)size)
                    {
                        table.Slice((int)index * chunk, chunk).CopyTo(target);
                    }
                    else
                    {
                        target[..chunk].Clear();
                    }

                    target = target[chunk..];
                }
            }
        }
    }

    private (int Axis, int BatchDims) Layout(OperationContext context)
    {
        var (data, indices) = (context.Input(0).Shape, context.Input(1).Shape);
        var axis = Axis(ReadScalar(context.Input(2), "axis"), data.Rank);
        var batch = _batchDims < 0 ? _batchDims + indices.Rank : _batchDims;
        return batch >= 0 && batch <= axis && batch <= indices.Rank ? (axis, (int)batch)
            : throw Node.Error($"batch_dims {_batchDims} does not fit axis {axis} and indices of rank {indices.Rank}");
    }
}
