using System.Runtime.InteropServices;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Signal;

/// <summary>DFT-7, IDFT-7, RDFT-9 and IRDFT-9 in f32; complex values are pairs on a last axis of 2.</summary>
internal sealed class FourierTransform : Operation
{
    private readonly FourierKind _kind;

    public FourierTransform(GraphNode node, FourierKind kind)
        : base(node)
    {
        _kind = kind;
    }

    private bool TakesComplex => _kind != FourierKind.Rdft;

    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        if (data.Type != ElementType.F32)
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        if (!context.Input(1).HasData || (context.HasInput(2) && !context.Input(2).HasData))
        {
            return false;
        }

        _ = Stages(context, out var output);
        context.SetOutput(0, ElementType.F32, output);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var stages = Stages(context, out _);
        var floats = 0;
        for (var i = 0; i < stages.Length - 1; i++)
        {
            floats = Math.Max(floats, stages[i].ResultFloats);
        }

        context.RequestScratch(checked(2 * floats * sizeof(float)));
        context.State = stages;
    }

    public override void Run(OperationContext context)
    {
        if (context.Output(0).Count == 0)
        {
            return;
        }

        var stages = (FourierStage[])context.State!;
        var scratch = MemoryMarshal.Cast<byte, float>(context.Scratch);
        ReadOnlySpan<float> source = context.Input(0).As<float>();
        for (var i = 0; i < stages.Length; i++)
        {
            var half = scratch.Length / 2;
            var target = i == stages.Length - 1 ? context.Output(0).As<float>() : scratch.Slice(i % 2 * half, half);
            stages[i].Run(source, target);
            source = target;
        }
    }

    private FourierStage[] Stages(OperationContext context, out Shape output)
    {
        var shape = context.Input(0).Shape;
        var rank = TakesComplex ? shape.Rank - 1 : shape.Rank;
        if (rank < 1 || (TakesComplex && shape[rank] != 2))
        {
            throw Node.Error($"data of shape {shape} are not supported");
        }

        var axes = Integers(context.Input(1));
        var sizes = context.HasInput(2) ? Integers(context.Input(2)) : [];
        if (axes.Length == 0 || axes.Length > rank || (context.HasInput(2) && sizes.Length != axes.Length))
        {
            throw Node.Error("axes and signal sizes do not fit together");
        }

        var current = new long[rank];
        shape.Dims[..rank].CopyTo(current);
        var stages = new FourierStage[axes.Length];
        var seen = 0;
        for (var i = 0; i < axes.Length; i++)
        {
            // The real axis is the last one listed: first to be transformed forwards, last backwards.
            var position = _kind == FourierKind.Rdft ? axes.Length - 1 - i : i;
            var isLast = position == axes.Length - 1;
            var axis = axes[position] < 0 ? axes[position] + rank : axes[position];
            if (axis < 0 || axis >= rank || (seen & (1 << (int)axis)) != 0)
            {
                throw Node.Error($"axis {axes[position]} is out of range or repeated");
            }

            seen |= 1 << (int)axis;
            var kind = _kind switch
            {
                FourierKind.Rdft when !isLast => FourierKind.Dft,
                FourierKind.Irdft when !isLast => FourierKind.Idft,
                _ => _kind,
            };
            var length = sizes.Length == 0 || sizes[position] == -1 ? kind == FourierKind.Irdft ? 2 * (current[axis] - 1) : current[axis] : sizes[position];
            if (length is < 1 or > int.MaxValue / 4)
            {
                throw Node.Error($"a transform of length {length} is not supported");
            }

            var (outer, inner) = (1L, 1L);
            for (var other = 0; other < rank; other++)
            {
                (outer, inner) = other < axis ? (outer * current[other], inner) : other > axis ? (outer, inner * current[other]) : (outer, inner);
            }

            stages[i] = new FourierStage(kind, checked((int)outer), checked((int)current[axis]), checked((int)inner), (int)length);
            current[axis] = stages[i].Results;
        }

        output = new Shape(current);
        if (_kind != FourierKind.Irdft && !output.TryAppend(2))
        {
            throw Node.Error("the result has too many dimensions");
        }

        return stages;
    }

    private long[] Integers(TensorValue value)
    {
        var values = new long[value.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = value.Type switch
            {
                ElementType.I32 => value.As<int>()[i],
                ElementType.I64 => value.As<long>()[i],
                _ => throw Node.Error($"element type {value.Type.IrName()} of axes or signal sizes is not supported"),
            };
        }

        return values;
    }
}
