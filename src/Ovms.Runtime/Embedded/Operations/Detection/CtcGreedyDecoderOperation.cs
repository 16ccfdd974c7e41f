using Ovms.Runtime.Embedded.Operations.Movement;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>CTCGreedyDecoder-1 (<c>[T,N,C]</c> with a mask) and CTCGreedyDecoderSeqLen-6 (<c>[N,T,C]</c> with lengths): the best class per
/// step without blanks and, if asked, without repeats; the rest is −1.</summary>
internal sealed class CtcGreedyDecoderOperation : Operation
{
    private readonly bool _lengths;
    private readonly bool _merges;
    private readonly ElementType _classType;
    private readonly ElementType _lengthType;

    public CtcGreedyDecoderOperation(GraphNode node, bool lengths)
        : base(node)
    {
        _lengths = lengths;
        _merges = node.Attributes.GetBool(lengths ? "merge_repeated" : "ctc_merge_repeated", true);
        _classType = lengths ? node.Attributes.GetElementType("classes_index_type", ElementType.I32) : ElementType.F32;
        _lengthType = node.Attributes.GetElementType("sequence_length_type", ElementType.I32);
        if ((lengths && _classType is not (ElementType.I32 or ElementType.I64)) || _lengthType is not (ElementType.I32 or ElementType.I64))
        {
            throw node.Error("classes_index_type and sequence_length_type must be i32 or i64");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (logits, second) = (context.Input(0), context.Input(1));
        var shape = logits.Shape;
        var fits = shape.Rank == 3 && shape[2] > 0 && logits.Type == ElementType.F32
            && (_lengths ? second.Count == shape[0] : second.Type == ElementType.F32 && second.Shape == new Shape(shape[0], shape[1]));
        if (!fits)
        {
            throw Node.Error($"logits {shape} of {logits.Type.IrName()} do not go with {second.Shape} of {second.Type.IrName()}");
        }

        if (!_lengths)
        {
            context.SetOutput(0, _classType, new Shape(shape[1], shape[0], 1, 1));
            return true;
        }

        context.SetOutput(0, _classType, new Shape(shape[0], shape[1]));
        if (context.OutputCount > 1)
        {
            context.SetOutput(1, _lengthType, new Shape(shape[0]));
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var (batch, steps, classes) = _lengths ? ((int)shape[0], (int)shape[1], (int)shape[2]) : ((int)shape[1], (int)shape[0], (int)shape[2]);
        long blank = classes - 1;
        if (_lengths && context.HasInput(2))
        {
            blank = context.Input(2).Count == 1 && IntegerReader.Read(context.Input(2), 0) is { } index ? index
                : throw Node.Error("blank_index must be one integer");
        }

        for (var n = 0; n < batch; n++)
        {
            var (written, previous) = (0, -1L);
            var length = Length(context, n, steps, batch);
            for (var t = 0; t < length; t++)
            {
                var row = context.Input(0).As<float>().Slice((_lengths ? (n * steps) + t : (t * batch) + n) * classes, classes);
                long best = Best(row);
                if (best != blank && !(_merges && best == previous))
                {
                    Write(context.Output(0), (n * steps) + written++, best);
                }

                previous = best;
            }

            if (context.OutputCount > 1 && context.Output(1).HasData)
            {
                Write(context.Output(1), n, written);
            }

            for (; written < steps; written++)
            {
                Write(context.Output(0), (n * steps) + written, -1);
            }
        }
    }

    private static int Best(ReadOnlySpan<float> row)
    {
        var best = 0;
        for (var c = 1; c < row.Length; c++)
        {
            best = row[c] > row[best] ? c : best;
        }

        return best;
    }

    private int Length(OperationContext context, int n, int steps, int batch)
    {
        if (_lengths)
        {
            return IntegerReader.Read(context.Input(1), n) is >= 0 and var length && length <= steps ? (int)length
                : throw Node.Error($"a sequence length is not an integer within {steps} steps");
        }

        var end = 0;
        while (end < steps && context.Input(1).As<float>()[(end * batch) + n] != 0)
        {
            end++;
        }

        return end;
    }

    private static void Write(TensorValue output, int index, long value)
    {
        switch (output.Type)
        {
            case ElementType.I64:
                output.As<long>()[index] = value;
                break;
            case ElementType.I32:
                output.As<int>()[index] = (int)value;
                break;
            default:
                output.As<float>()[index] = value;
                break;
        }
    }
}
