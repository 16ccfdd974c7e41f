using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>The elements <c>Start, Start + Step, …</c> of one dimension, <c>Count</c> of them.</summary>
internal readonly record struct SliceAxis(long Start, long Step, long Count)
{
    /// <summary>Python's rule: negative bounds count from the end, bounds are clamped; an open bound is the natural one for the direction.</summary>
    public static SliceAxis Of(long size, long begin, long end, long step, bool openBegin, bool openEnd)
    {
        var (low, high) = step > 0 ? (0L, size) : (-1L, size - 1);
        var first = openBegin ? (step > 0 ? low : high) : Math.Clamp(begin < 0 ? begin + size : begin, low, Math.Max(low, high));
        var last = openEnd ? (step > 0 ? high : low) : Math.Clamp(end < 0 ? end + size : end, low, Math.Max(low, high));
        var distance = step > 0 ? last - first : first - last;
        if (distance <= 0)
        {
            return new SliceAxis(0, 1, 0);
        }

        // A step beyond the dimension takes one element; clamped, so that long.MinValue has an absolute value.
        var stride = Math.Min(Math.Abs(Math.Max(step, -long.MaxValue)), distance);
        return new SliceAxis(first, step > 0 ? stride : -stride, ((distance - 1) / stride) + 1);
    }

    /// <summary>Copies the slice of <paramref name="data"/> that <paramref name="axes"/> describe to the whole of <paramref name="output"/>.</summary>
    public static void Read(ReadOnlySpan<SliceAxis> axes, TensorValue data, TensorValue output, int elementSize)
    {
        Build(axes, data.Shape, reading: true, out var offset).Run(elementSize, data.Bytes, offset, output.Bytes, 0);
    }

    /// <summary>Copies the whole of <paramref name="updates"/> to the slice of <paramref name="output"/> that <paramref name="axes"/> describe.</summary>
    public static void Write(ReadOnlySpan<SliceAxis> axes, TensorValue updates, TensorValue output, int elementSize)
    {
        Build(axes, output.Shape, reading: false, out var offset).Run(elementSize, updates.Bytes, 0, output.Bytes, offset);
    }

    private static StridedCopy Build(ReadOnlySpan<SliceAxis> axes, in Shape full, bool reading, out long offset)
    {
        Span<long> dense = stackalloc long[Shape.MaxRank];
        Span<long> sliced = stackalloc long[Shape.MaxRank];
        long fullStride = 1;
        long slicedStride = 1;
        for (var i = axes.Length - 1; i >= 0; i--)
        {
            (dense[i], sliced[i]) = (fullStride, slicedStride);
            fullStride *= full[i];
            slicedStride *= axes[i].Count;
        }

        var copy = default(StridedCopy);
        offset = 0;
        for (var i = 0; i < axes.Length; i++)
        {
            var stride = dense[i] * axes[i].Step;
            offset += dense[i] * axes[i].Start;
            copy.Add(axes[i].Count, reading ? stride : sliced[i], reading ? sliced[i] : stride);
        }

        return copy;
    }
}
