using System.Runtime.InteropServices;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Signal;

/// <summary>STFT-15 in f32: the spectra of windowed frames of a signal, <c>[batch, frames, bins, 2]</c>, or <c>[batch, bins, frames, 2]</c> with
/// <c>transpose_frames</c>.</summary>
internal sealed class FrameTransform : Operation
{
    private readonly bool _binsFirst;

    public FrameTransform(GraphNode node)
        : base(node)
    {
        _binsFirst = node.Attributes.GetBool("transpose_frames", false);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (context.InputCount != 4)
        {
            throw Node.Error("needs four inputs");
        }

        if (!context.Input(2).HasData || !context.Input(3).HasData)
        {
            return false;
        }

        var frames = Frames(context);
        var output = context.Input(0).Shape.Rank == 2 ? new Shape(frames.Batch) : Shape.Scalar;
        output.TryAppend(_binsFirst ? (frames.Size / 2) + 1 : frames.Count);
        output.TryAppend(_binsFirst ? frames.Count : (frames.Size / 2) + 1);
        output.TryAppend(2);
        context.SetOutput(0, ElementType.F32, output);
        return true;
    }

    /// <inheritdoc/>
    public override void Prepare(OperationContext context)
    {
        var frames = Frames(context);
        var stage = _binsFirst
            ? new FourierStage(FourierKind.Rdft, frames.Batch, frames.Size, frames.Count, frames.Size)
            : new FourierStage(FourierKind.Rdft, checked(frames.Batch * frames.Count), frames.Size, 1, frames.Size);
        context.RequestScratch(checked(frames.Batch * frames.Count * frames.Size * sizeof(float)));
        context.State = new FramePlan(frames, stage);
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var plan = (FramePlan)context.State!;
        var frames = plan.Frames;
        ReadOnlySpan<float> signal = context.Input(0).As<float>();
        ReadOnlySpan<float> window = context.Input(1).As<float>();
        var pieces = MemoryMarshal.Cast<byte, float>(context.Scratch);
        var (frameStep, elementStep) = _binsFirst ? (1, frames.Count) : (frames.Size, 1);
        var shift = (frames.Size - window.Length) / 2;
        pieces.Clear();
        for (var frame = 0; frame < frames.Batch * frames.Count; frame++)
        {
            var (batch, index) = (frame / frames.Count, frame % frames.Count);
            var source = signal.Slice((batch * frames.Length) + (index * frames.Step) + shift, window.Length);
            var target = (batch * frames.Count * frames.Size) + (index * frameStep) + (shift * elementStep);
            for (var i = 0; i < window.Length; i++)
            {
                pieces[target + (i * elementStep)] = source[i] * window[i];
            }
        }

        plan.Stage.Run(pieces, context.Output(0).As<float>());
    }

    private FrameSizes Frames(OperationContext context)
    {
        var (signal, window) = (context.Input(0), context.Input(1));
        if (signal.Type != ElementType.F32 || window.Type != ElementType.F32 || signal.Shape.Rank is not (1 or 2) || window.Shape.Rank != 1)
        {
            throw Node.Error($"a signal {signal.Shape} of {signal.Type.IrName()} does not go with a window {window.Shape} of {window.Type.IrName()}");
        }

        var (size, step) = (FrameSizes.Read(Node, context.Input(2)), FrameSizes.Read(Node, context.Input(3)));
        var length = signal.Shape[signal.Shape.Rank - 1];
        if (size < 1 || size > length || step < 1 || window.Shape[0] > size)
        {
            throw Node.Error($"frames of {size} by steps of {step} do not fit a signal of {length} and a window of {window.Shape[0]}");
        }

        return new FrameSizes(
            checked((int)(signal.Shape.Rank == 2 ? signal.Shape[0] : 1)), checked((int)(((length - size) / step) + 1)), (int)size, (int)Math.Min(step, length), (int)length);
    }
}
