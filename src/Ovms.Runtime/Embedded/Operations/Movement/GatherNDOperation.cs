using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>GatherND-5 and -8: the last axis of the indices holds coordinates of slices. -5 melts the batch dimensions of the output
/// into one.</summary>
internal sealed class GatherNDOperation : MovementOperation
{
    private readonly int _batchDims;
    private readonly bool _meltsBatch;

    public GatherNDOperation(GraphNode node, bool meltsBatch)
        : base(node)
    {
        RequireInputs(2);
        var batch = node.Attributes.GetInt("batch_dims", 0);
        _batchDims = batch is >= 0 and < Shape.MaxRank ? (int)batch : throw node.Error($"batch_dims {batch} is not supported");
        _meltsBatch = meltsBatch;
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, indices) = (context.Input(0), context.Input(1));
        ElementSize(data.Type);
        var rank = indices.Shape.Rank;
        if (rank < 1 || _batchDims >= rank || !indices.Type.IsInteger() || _batchDims + indices.Shape[rank - 1] > data.Shape.Rank)
        {
            throw Node.Error($"indices {indices.Shape} of {indices.Type.IrName()} do not fit data {data.Shape} with batch_dims {_batchDims}");
        }

        var shape = default(Shape);
        long batches = 1;
        for (var i = 0; i < rank - 1; i++)
        {
            if (i < _batchDims && indices.Shape[i] != data.Shape[i])
            {
                throw Node.Error($"batch dimensions of data {data.Shape} and indices {indices.Shape} differ");
            }

            batches = i < _batchDims ? batches * indices.Shape[i] : batches;
            if (_meltsBatch && _batchDims > 1 && i < _batchDims)
            {
                if (i == _batchDims - 1)
                {
                    Append(ref shape, batches);
                }
            }
            else
            {
                Append(ref shape, indices.Shape[i]);
            }
        }

        for (var i = _batchDims + (int)indices.Shape[rank - 1]; i < data.Shape.Rank; i++)
        {
            Append(ref shape, data.Shape[i]);
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

        var shape = data.Shape;
        var depth = (int)indices.Shape[indices.Shape.Rank - 1];
        var batches = (int)shape.Product(0, _batchDims);
        var chunk = (int)shape.Product(_batchDims + depth, shape.Rank) * ElementSize(data.Type);
        var table = data.LengthBytes / batches;
        var slices = (int)indices.Shape.Product(_batchDims, indices.Shape.Rank - 1);
        var target = output.Bytes;
        for (var batch = 0; batch < batches; batch++)
        {
            for (var s = 0; s < slices; s++)
            {
                var cell = CoordinateReader.Flatten(Node, indices, ((batch * slices) + s) * depth, depth, shape, _batchDims);
                data.Bytes.Slice((batch * table) + ((int)cell * chunk), chunk).CopyTo(target);
                target = target[chunk..];
            }
        }
    }
}

/// <summary>Coordinates read from tensor data, checked.</summary>
internal static class CoordinateReader
{
    /// <summary>Row-major number of the cell that <paramref name="depth"/> coordinates name, among the dimensions of
    /// <paramref name="shape"/> from <paramref name="firstAxis"/> on; negative coordinates count from the end.</summary>
    /// <exception cref="Errors.ModelLoadException">A coordinate is out of range.</exception>
    public static long Flatten(GraphNode node, TensorValue indices, int first, int depth, in Shape shape, int firstAxis)
    {
        long cell = 0;
        for (var i = 0; i < depth; i++)
        {
            var size = shape[firstAxis + i];
            var index = IntegerReader.Read(indices, first + i) ?? throw node.Error($"indices of type {indices.Type.IrName()} are not supported");
            index += index < 0 ? size : 0;
            if ((ulong)index >= (ulong)size)
            {
                throw node.Error($"an index is outside a dimension of {size}");
            }

            cell = (cell * size) + index;
        }

        return cell;
    }
}
