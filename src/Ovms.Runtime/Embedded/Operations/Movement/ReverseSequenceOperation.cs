using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>ReverseSequence-1: flips the first <c>lengths[b]</c> items of every batch entry along <c>seq_axis</c>.</summary>
internal sealed class ReverseSequenceOperation : MovementOperation
{
    private readonly long _batchAxis;
    private readonly long _sequenceAxis;

    public ReverseSequenceOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(2);
        _batchAxis = node.Attributes.GetInt("batch_axis", 0);
        _sequenceAxis = node.Attributes.GetInt("seq_axis", 1);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        ElementSize(data.Type);
        var batch = Axis(_batchAxis, data.Shape.Rank, "batch_axis");
        Axis(_sequenceAxis, data.Shape.Rank, "seq_axis");
        if (context.Input(1).Count != data.Shape[batch])
        {
            throw Node.Error($"{context.Input(1).Count} lengths for a batch of {data.Shape[batch]}");
        }

        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var data = context.Input(0);
        var shape = data.Shape;
        var (batch, sequence) = (Axis(_batchAxis, shape.Rank), Axis(_sequenceAxis, shape.Rank));
        data.Bytes.CopyTo(context.Output(0).Bytes);
        if (batch == sequence)
        {
            return;
        }

        Span<long> strides = stackalloc long[Shape.MaxRank];
        RowMajor(shape, strides);
        for (var b = 0; b < shape[batch]; b++)
        {
            var length = LengthOf(context, b, shape[sequence]);
            var copy = default(StridedCopy);
            for (var i = 0; i < shape.Rank; i++)
            {
                if (i != batch)
                {
                    copy.Add(i == sequence ? length : shape[i], i == sequence ? -strides[i] : strides[i], strides[i]);
                }
            }

            var start = b * strides[batch];
            copy.Run(ElementSize(data.Type), data.Bytes, start + ((length - 1) * strides[sequence]), context.Output(0).Bytes, start);
        }
    }

    private long LengthOf(OperationContext context, int b, long size)
    {
        var lengths = context.Input(1);
        var length = lengths.Type == ElementType.F32 ? (long)lengths.As<float>()[b] : ReadInt(lengths, b);
        return length >= 0 && length <= size ? length : throw Node.Error($"a sequence length of {length} is outside a dimension of {size}");
    }
}
