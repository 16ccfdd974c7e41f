using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>DepthToSpace-1 and SpaceToDepth-1: blocks of channels become blocks of space and back (IR sheet §14.9).</summary>
internal sealed class BlockOperation : MovementOperation
{
    private readonly bool _toSpace;
    private readonly bool _blocksFirst;
    private readonly long _block;

    public BlockOperation(GraphNode node, bool toSpace)
        : base(node)
    {
        RequireInputs(1);
        _toSpace = toSpace;
        _block = node.Attributes.GetInt("block_size");
        var mode = node.Attributes.GetEnum("mode", "");
        _blocksFirst = mode switch
        {
            "blocks_first" => true,
            "depth_first" => false,
            _ => throw node.Error($"mode \"{mode}\" is not known"),
        };
        if (_block is < 1 or > ushort.MaxValue)
        {
            throw node.Error($"block_size {_block} is not possible");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        ElementSize(data.Type);
        var shape = data.Shape;
        if (shape.Rank < 3)
        {
            throw Node.Error($"data {shape} has no spatial dimension");
        }

        for (var i = 2; i < shape.Rank; i++)
        {
            Grow(ref shape, 1, _toSpace);
            Grow(ref shape, i, !_toSpace);
        }

        context.SetOutput(0, data.Type, shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var (data, output) = (context.Input(0), context.Output(0));
        var (deep, wide) = _toSpace ? (data.Shape, output.Shape) : (output.Shape, data.Shape);
        Span<long> deepStrides = stackalloc long[Shape.MaxRank];
        Span<long> wideStrides = stackalloc long[Shape.MaxRank];
        RowMajor(deep, deepStrides);
        RowMajor(wide, wideStrides);

        // Channel of the deep side: blocks_first (b1 … bK, c), depth_first (c, b1 … bK).
        var channels = wide[1];
        var blocks = deep[1] / Math.Max(channels, 1);
        var channelStride = deepStrides[1] * (_blocksFirst ? 1 : blocks);
        var blockStride = deepStrides[1] * (_blocksFirst ? channels : 1) * blocks;
        var copy = default(StridedCopy);
        Add(ref copy, deep[0], deepStrides[0], wideStrides[0]);
        Add(ref copy, channels, channelStride, wideStrides[1]);
        for (var i = 2; i < deep.Rank; i++)
        {
            blockStride /= _block;
            Add(ref copy, deep[i], deepStrides[i], wideStrides[i] * _block);
            Add(ref copy, _block, blockStride, wideStrides[i]);
        }

        copy.Run(ElementSize(data.Type), data.Bytes, 0, output.Bytes, 0);
    }

    private void Add(ref StridedCopy copy, long count, long deepStride, long wideStride) =>
        copy.Add(count, _toSpace ? deepStride : wideStride, _toSpace ? wideStride : deepStride);

    private void Grow(ref Shape shape, int axis, bool shrink)
    {
        if (shrink && shape[axis] % _block != 0)
        {
            throw Node.Error($"dimension {axis} of {shape} is not a multiple of the block");
        }

        shape[axis] = shrink ? shape[axis] / _block : checked(shape[axis] * _block);
    }
}
