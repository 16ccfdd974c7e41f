using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>Fills the copy of a <see cref="DepthwiseLayout"/>. Padding inside rows is never written: the copy is cleared before the first band.</summary>
internal static unsafe class DepthwisePacker
{
    // SAFETY (whole class): source is an input plane of the geometry's size, copy has the layout's CopyFloats. Rows and columns are clipped to the
    // input here; moves of n floats read and write exactly n (strided ones read from the first to the last of them).

    /// <summary>Copies the input rows under output rows [<paramref name="y"/>, <paramref name="y"/> + <paramref name="rows"/>) of depth
    /// <paramref name="z"/>.</summary>
    public static void Pack(DepthwiseLayout layout, float* source, int z, int y, int rows, float* copy)
    {
        var (d, h) = (layout.Geometry.D, layout.Geometry.H);
        var isWhole = rows == h.Output && d.Output == 1;
        for (var kd = 0; kd < d.Kernel; kd++)
        {
            var inputZ = ((long)z * d.Stride) - d.PadBegin + ((long)kd * d.Dilation);
            var isInside = inputZ >= 0 && inputZ < d.Input;
            var plane = isInside ? source + ((nint)inputZ * h.Input * layout.Geometry.W.Input) : source;
            foreach (var phase in layout.RowPhases)
            {
                PackPhase(layout, plane, isInside, ((long)y * h.Stride) + phase - h.PadBegin, rows + layout.RowReach, copy, isWhole);
                copy += (nint)layout.PlaneFloats * layout.ColumnPhases.Length;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackPhase(DepthwiseLayout layout, float* plane, bool isInside, long inputY, int rows, float* copy, bool isWhole)
    {
        var (h, w) = (layout.Geometry.H, layout.Geometry.W);
        for (var phase = 0; phase < layout.ColumnPhases.Length; phase++, copy += layout.PlaneFloats)
        {
            // Columns of the phase that lie inside the input, and the input column of the first.
            var start = layout.ColumnPhases[phase] - w.PadBegin;
            var first = Math.Min(start >= 0 ? 0 : (-start + w.Stride - 1) / w.Stride, layout.RowFloats);
            var column = start + ((long)first * w.Stride);
            var count = column >= w.Input ? 0 : (int)Math.Min(layout.RowFloats - first, ((w.Input - 1 - column) / w.Stride) + 1);
            var target = copy + first;
            var at = inputY;
            for (var row = 0; row < rows; row++, at += h.Stride, target += layout.Pitch)
            {
                if (isInside && at >= 0 && at < h.Input)
                {
                    Move(plane + ((nint)at * w.Input) + (nint)column, w.Stride, target, count);
                }
                else if (!isWhole)
                {
                    // In a plane that is one band the same rows are padding for every channel, and are clear already.
                    new Span<float>(target, count).Clear();
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move(float* source, int stride, float* target, int count)
    {
        if (stride == 1)
        {
            Move(source, target, count);
        }
        else if (stride == 2)
        {
            MoveEverySecond(source, target, count);
        }
        else
        {
            for (nint i = 0; i < count; i++)
            {
                target[i] = source[i * stride];
            }
        }
    }

    /// <summary>Copies exactly <paramref name="count"/> floats; for rows that are too short for a call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Move(float* source, float* target, int count)
    {
        if (count >= 8)
        {
            for (nint i = 0; i < count - 8; i += 8)
            {
                Vector256.Load(source + i).Store(target + i);
            }

            Vector256.Load(source + count - 8).Store(target + count - 8);
        }
        else if (count >= 4)
        {
            var end = Vector128.Load(source + count - 4);
            Vector128.Load(source).Store(target);
            end.Store(target + count - 4);
        }
        else
        {
            for (var i = 0; i < count; i++)
            {
                target[i] = source[i];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MoveEverySecond(float* source, float* target, int count)
    {
        if (count >= 8)
        {
            for (nint i = 0; i < count - 8; i += 8)
            {
                EverySecond(source + (2 * i)).Store(target + i);
            }

            EverySecond(source + (2 * (nint)(count - 8))).Store(target + count - 8);
        }
        else if (count >= 4)
        {
            EverySecondOfSeven(source).Store(target);
            EverySecondOfSeven(source + (2 * (count - 4))).Store(target + count - 4);
        }
        else
        {
            for (var i = 0; i < count; i++)
            {
                target[i] = source[2 * i];
            }
        }
    }

    // Elements 0, 2 ... 14 of fifteen: the second load begins at 7, so that nothing behind the last element is read.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> EverySecond(float* source)
    {
        if (Avx2.IsSupported)
        {
            var mixed = Avx.Shuffle(Vector256.Load(source), Vector256.Load(source + 7), 0b11_01_10_00);
            return Avx2.Permute4x64(mixed.AsDouble(), 0b11_01_10_00).AsSingle();
        }

        return Vector256.Create(EverySecondOfSeven(source), EverySecondOfSeven(source + 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> EverySecondOfSeven(float* source)
    {
        if (Sse.IsSupported)
        {
            return Sse.Shuffle(Vector128.Load(source), Vector128.Load(source + 3), 0b11_01_10_00);
        }

        var low = Vector128.Shuffle(Vector128.Load(source), Vector128.Create(0, 2, 0, 2));
        var high = Vector128.Shuffle(Vector128.Load(source + 3), Vector128.Create(1, 3, 1, 3));
        return Vector128.Create(low.GetLower(), high.GetLower());
    }
}
