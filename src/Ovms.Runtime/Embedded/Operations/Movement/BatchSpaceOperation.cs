using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>BatchToSpace-2 (crops) and SpaceToBatch-2 (zero pads): blocks of the batch become blocks of space and back.</summary>
/// <remarks>A block position is one strided copy: dense element d on an axis lies at <c>d * block + offset − begin</c> of the wide side.</remarks>
internal sealed class BatchSpaceOperation : MovementOperation
{
    private readonly bool _toSpace;

    public BatchSpaceOperation(GraphNode node, bool toSpace)
        : base(node)
    {
        RequireInputs(4);
        _toSpace = toSpace;
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!HaveData(context, 1, 3))
        {
            return false;
        }

        var data = context.Input(0);
        ElementSize(data.Type);
        var shape = data.Shape;
        for (var i = 1; i <= 3; i++)
        {
            if (context.Input(i).Count != shape.Rank || shape.Rank == 0)
            {
                throw Node.Error($"input {i} has {context.Input(i).Count} entries for a rank of {shape.Rank}");
            }
        }

        for (var i = 0; i < shape.Rank; i++)
        {
            var (block, begin, end) = (Block(context, i), ReadInt(context.Input(2), i), ReadInt(context.Input(3), i));
            if (block < 1 || begin < 0 || end < 0 || (i == 0 && (block != 1 || begin != 0 || end != 0)))
            {
                throw Node.Error("blocks, begins or ends are out of range");
            }

            if (i > 0)
            {
                var batch = _toSpace ? shape[0] / block : checked(shape[0] * block);
                var size = _toSpace ? checked((shape[i] * block) - begin - end) : checked(shape[i] + begin + end);
                if (size < 0 || (_toSpace ? shape[0] % block != 0 : size % block != 0))
                {
                    throw Node.Error($"dimension {i} of {data.Shape} does not go with its block of {block}");
                }

                (shape[0], shape[i]) = (batch, _toSpace ? size : size / block);
            }
        }

        context.SetOutput(0, data.Type, shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var (data, output) = (context.Input(0), context.Output(0));
        var (dense, wide) = _toSpace ? (data.Shape, output.Shape) : (output.Shape, data.Shape);
        if (!_toSpace)
        {
            output.Bytes.Clear();
        }

        Span<long> denseStrides = stackalloc long[Shape.MaxRank];
        Span<long> wideStrides = stackalloc long[Shape.MaxRank];
        RowMajor(dense, denseStrides);
        RowMajor(wide, wideStrides);
        var blocks = dense[0] / Math.Max(wide[0], 1);
        for (long block = 0; block < blocks; block++)
        {
            var copy = default(StridedCopy);
            copy.Add(wide[0], _toSpace ? denseStrides[0] : wideStrides[0], _toSpace ? wideStrides[0] : denseStrides[0]);
            var (denseOffset, wideOffset, rest) = (block * wide[0] * denseStrides[0], 0L, blocks);
            for (var i = 1; i < dense.Rank; i++)
            {
                var size = Block(context, i);
                rest /= size;
                var shift = (block / rest % size) - ReadInt(context.Input(2), i);

                // First and last dense element that falls into the wide side.
                var first = shift < 0 ? (-shift + size - 1) / size : 0;
                var end = Math.Min(dense[i], wide[i] - shift <= 0 ? 0 : (wide[i] - shift + size - 1) / size);
                var (denseStride, wideStride) = (denseStrides[i], wideStrides[i] * size);
                copy.Add(Math.Max(end - first, 0), _toSpace ? denseStride : wideStride, _toSpace ? wideStride : denseStride);
                denseOffset += first * denseStride;
                wideOffset += ((first * size) + shift) * wideStrides[i];
            }

            copy.Run(ElementSize(data.Type), data.Bytes, _toSpace ? denseOffset : wideOffset, output.Bytes, _toSpace ? wideOffset : denseOffset);
        }
    }

    private long Block(OperationContext context, int axis) => ReadInt(context.Input(1), axis);
}
