using System.Runtime.InteropServices;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Signal;

/// <summary>ISTFT-16 in f32: spectra <c>[batch, bins, frames, 2]</c> to the signal.</summary>
/// <remarks>Frames are windowed, added where they overlap and divided by the sum of the squared windows.</remarks>
internal sealed class InverseFrameTransform : Operation
{
    private readonly bool _isCentered;
    private readonly bool _isNormalized;

    public InverseFrameTransform(GraphNode node)
        : base(node)
    {
        _isCentered = node.Attributes.GetBool("center", false);
        _isNormalized = node.Attributes.GetBool("normalized", false);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (context.InputCount is not (4 or 5))
        {
            throw Node.Error("needs four or five inputs");
        }

        if (!context.Input(2).HasData || !context.Input(3).HasData || (context.HasInput(4) && !context.Input(4).HasData))
        {
            return false;
        }

        var frames = Frames(context);
        var wanted = context.HasInput(4) ? FrameSizes.Read(Node, context.Input(4)) : frames.Length - (_isCentered ? frames.Size : 0);
        if (wanted < 0)
        {
            throw Node.Error($"a signal of {wanted} is not supported");
        }

        context.SetOutput(0, ElementType.F32, context.Input(0).Shape.Rank == 4 ? new Shape(frames.Batch, wanted) : new Shape(wanted));
        return true;
    }

    /// <inheritdoc/>
    public override void Prepare(OperationContext context)
    {
        var frames = Frames(context);
        var stage = new FourierStage(FourierKind.Irdft, frames.Batch, (frames.Size / 2) + 1, frames.Count, frames.Size);
        context.RequestScratch(checked((stage.ResultFloats + (2 * frames.Length)) * sizeof(float)));
        context.State = new FramePlan(frames, stage);
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var output = context.Output(0).As<float>();
        var plan = (FramePlan)context.State!;
        var frames = plan.Frames;
        if (output.IsEmpty)
        {
            return;
        }

        var scratch = MemoryMarshal.Cast<byte, float>(context.Scratch);
        var pieces = scratch[..plan.Stage.ResultFloats];
        var sums = scratch.Slice(pieces.Length, frames.Length);
        var windows = scratch.Slice(pieces.Length + frames.Length, frames.Length);
        plan.Stage.Run(context.Input(0).As<float>(), pieces);
        ReadOnlySpan<float> window = context.Input(1).As<float>();
        AddWindows(frames, window, windows);

        var scale = _isNormalized ? MathF.Sqrt(frames.Size) : 1f;
        var margin = _isCentered ? frames.Size / 2 : 0;
        var length = output.Length / frames.Batch;
        output.Clear();
        for (var batch = 0; batch < frames.Batch; batch++)
        {
            sums.Clear();
            var piece = pieces.Slice(batch * frames.Size * frames.Count, frames.Size * frames.Count);
            var shift = (frames.Size - window.Length) / 2;
            for (var i = 0; i < window.Length * frames.Count; i++)
            {
                // [element, frame]; nothing is left of elements outside the window.
                var (element, frame) = (i / frames.Count, i % frames.Count);
                sums[(frame * frames.Step) + shift + element] += piece[(shift * frames.Count) + i] * window[element];
            }

            var target = output.Slice(batch * length, length);
            for (var i = 0; i < Math.Min(length, frames.Length - margin); i++)
            {
                var weight = windows[margin + i];
                target[i] = weight == 0 ? 0 : sums[margin + i] * scale / weight;
            }
        }
    }

    private static void AddWindows(in FrameSizes frames, ReadOnlySpan<float> window, Span<float> windows)
    {
        windows.Clear();
        for (var frame = 0; frame < frames.Count; frame++)
        {
            var target = windows.Slice((frame * frames.Step) + ((frames.Size - window.Length) / 2), window.Length);
            for (var i = 0; i < window.Length; i++)
            {
                target[i] += window[i] * window[i];
            }
        }
    }

    private FrameSizes Frames(OperationContext context)
    {
        var (data, window) = (context.Input(0), context.Input(1));
        var rank = data.Shape.Rank;
        if (data.Type != ElementType.F32 || window.Type != ElementType.F32 || rank is not (3 or 4) || window.Shape.Rank != 1 || data.Shape[rank - 1] != 2)
        {
            throw Node.Error($"data {data.Shape} of {data.Type.IrName()} does not go with a window {window.Shape} of {window.Type.IrName()}");
        }

        var (size, step) = (FrameSizes.Read(Node, context.Input(2)), FrameSizes.Read(Node, context.Input(3)));
        var count = data.Shape[rank - 2];
        if (size < 1 || step < 1 || count < 1 || window.Shape[0] > size || data.Shape[rank - 3] != (size / 2) + 1)
        {
            throw Node.Error($"frames of {size} by steps of {step} do not fit data of shape {data.Shape} and a window of {window.Shape[0]}");
        }

        var length = checked(((count - 1) * step) + size);
        return new FrameSizes(checked((int)(rank == 4 ? data.Shape[0] : 1)), checked((int)count), checked((int)size), checked((int)step), checked((int)length));
    }
}
