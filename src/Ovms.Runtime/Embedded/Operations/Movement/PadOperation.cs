using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Pad-1 and Pad-12: constant, edge, reflect and symmetric; negative pads crop (-12).</summary>
/// <remarks>Output coordinate o comes from input coordinate o − begin; outside the original range the mode decides.</remarks>
internal sealed class PadOperation : MovementOperation
{
    private readonly Mode _mode;
    private readonly bool _crops;

    public PadOperation(GraphNode node, bool crops)
        : base(node)
    {
        RequireInputs(3);
        _crops = crops;
        _mode = node.Attributes.GetEnum("pad_mode", "constant") switch
        {
            "constant" => Mode.Constant,
            "edge" => Mode.Edge,
            "reflect" => Mode.Reflect,
            "symmetric" => Mode.Symmetric,
            var other => throw node.Error($"pad_mode \"{other}\" is not known"),
        };
    }

    private enum Mode
    {
        Constant,
        Edge,
        Reflect,
        Symmetric,
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!HaveData(context, 1, 2))
        {
            return false;
        }

        var data = context.Input(0);
        ElementSize(data.Type);
        if (context.Input(1).Count != data.Shape.Rank || context.Input(2).Count != data.Shape.Rank)
        {
            throw Node.Error($"the pads have {context.Input(1).Count} and {context.Input(2).Count} entries for a rank of {data.Shape.Rank}");
        }

        if (context.HasInput(3) && (context.Input(3).Type != data.Type || context.Input(3).Count != 1))
        {
            throw Node.Error("the pad value must be one number of the data's type");
        }

        var shape = default(Shape);
        for (var i = 0; i < data.Shape.Rank; i++)
        {
            var (size, begin, end) = (data.Shape[i], ReadInt(context.Input(1), i), ReadInt(context.Input(2), i));
            Check(size, begin);
            Check(size, end);
            Append(ref shape, Math.Max(checked(size + begin + end), 0));
        }

        context.SetOutput(0, data.Type, shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var data = context.Input(0);
        var output = context.Output(0);
        if (output.Count == 0)
        {
            return;
        }

        var elementSize = ElementSize(data.Type);
        if (_mode == Mode.Constant)
        {
            Fill(context, elementSize);
            CopyInterior(context, elementSize);
            return;
        }

        Span<long> begin = stackalloc long[MaxList];
        begin = ReadInts(context.Input(1), begin);
        Span<long> strides = stackalloc long[Shape.MaxRank];
        RowMajor(data.Shape, strides);
        CopyRows(data, output, begin, strides, elementSize);
    }

    private void Check(long size, long pad)
    {
        var limit = _mode switch
        {
            Mode.Edge when size == 0 => 0,
            Mode.Reflect => Math.Max(size - 1, 0),
            Mode.Symmetric => size,
            _ => int.MaxValue,
        };
        if (pad > limit || pad < (_crops ? -int.MaxValue : 0))
        {
            throw Node.Error($"a pad of {pad} is not possible for a dimension of {size}");
        }
    }

    private static void Fill(OperationContext context, int elementSize)
    {
        var output = context.Output(0);
        if (!context.HasInput(3))
        {
            output.Bytes.Clear();
            return;
        }

        var copy = default(StridedCopy);
        copy.Add(output.Count, 0, 1);
        copy.Run(elementSize, context.Input(3).Bytes, 0, output.Bytes, 0);
    }

    private void CopyInterior(OperationContext context, int elementSize)
    {
        var (data, output) = (context.Input(0), context.Output(0));
        Span<long> from = stackalloc long[Shape.MaxRank];
        Span<long> to = stackalloc long[Shape.MaxRank];
        RowMajor(data.Shape, from);
        RowMajor(output.Shape, to);
        var copy = default(StridedCopy);
        var (sourceOffset, targetOffset) = (0L, 0L);
        for (var i = 0; i < data.Shape.Rank; i++)
        {
            var begin = ReadInt(context.Input(1), i);
            var first = Math.Max(-begin, 0);
            var end = Math.Min(data.Shape[i], output.Shape[i] - begin);
            copy.Add(Math.Max(end - first, 0), from[i], to[i]);
            sourceOffset += first * from[i];
            targetOffset += (first + begin) * to[i];
        }

        copy.Run(elementSize, data.Bytes, sourceOffset, output.Bytes, targetOffset);
    }

    /// <summary>Row by row: the inside of the last axis in one move, its borders element by element.</summary>
    private void CopyRows(TensorValue data, TensorValue output, ReadOnlySpan<long> begin, ReadOnlySpan<long> strides, int elementSize)
    {
        var last = output.Shape.Rank - 1;
        Span<long> index = stackalloc long[Shape.MaxRank];
        index.Clear();
        var (width, size) = (output.Shape[last], data.Shape[last]);
        var first = Math.Clamp(begin[last], 0, width);
        var inside = Math.Clamp(size - Math.Max(-begin[last], 0), 0, width - first);
        for (long row = 0; row < output.Count / width; row++)
        {
            long source = 0;
            for (var i = 0; i < last; i++)
            {
                source += Map(index[i] - begin[i], data.Shape[i]) * strides[i];
            }

            for (long o = 0; o < width; o++)
            {
                var run = o == first && inside > 0 ? inside : 1;
                var from = source + Map(o - begin[last], size);
                data.Bytes.Slice((int)from * elementSize, (int)run * elementSize)
                    .CopyTo(output.Bytes[(int)(((row * width) + o) * elementSize)..]);
                o += run - 1;
            }

            for (var i = last - 1; i >= 0 && ++index[i] == output.Shape[i]; i--)
            {
                index[i] = 0;
            }
        }
    }

    private long Map(long i, long size) => _mode switch
    {
        Mode.Edge => Math.Clamp(i, 0, size - 1),
        Mode.Reflect => i < 0 ? -i : i >= size ? (2 * (size - 1)) - i : i,
        _ => i < 0 ? -1 - i : i >= size ? (2 * size) - 1 - i : i,
    };
}
