using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>Gathers a panel of the window matrix: rows are (channel, tap), columns are output positions.</summary>
/// <remarks>A panel's columns are runs within output rows. Where a run lies in the input depends on the tap only, so it is found once and then
/// copied for all channels.</remarks>
internal static unsafe class WindowPacker
{
    /// <summary>Packs rows [k, k + depth) × columns [column, column + columns) of the window matrix of one image (and group).</summary>
    public static void Pack(ConvolutionGeometry geometry, float* image, int column, int columns, int width, int k, int depth, float* target)
    {
        var (d, h, w) = (geometry.D, geometry.H, geometry.W);
        var taken = 0;
        while (taken < columns)
        {
            var position = column + taken;
            var x = position % w.Output;
            var y = position / w.Output % h.Output;
            var z = position / w.Output / h.Output;
            var length = Math.Min(columns - taken, w.Output - x);
            PackRun(geometry, image, z, y, x, length, width, k, depth, target + taken);
            taken += length;
        }

        if (columns < width)
        {
            var rest = target + columns;
            for (var row = 0; row < depth; row++, rest += width)
            {
                new Span<float>(rest, width - columns).Clear();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackRun(ConvolutionGeometry geometry, float* image, int z, int y, int x, int length, int width, int k, int depth, float* target)
    {
        var (d, h, w) = (geometry.D, geometry.H, geometry.W);
        var (taps, plane) = (geometry.Taps, geometry.InputPlane);
        var tap = 0;
        for (var kd = 0; kd < d.Kernel; kd++)
        {
            var inputZ = ((long)z * d.Stride) - d.PadBegin + ((long)kd * d.Dilation);
            for (var kh = 0; kh < h.Kernel; kh++)
            {
                var inputY = ((long)y * h.Stride) - h.PadBegin + ((long)kh * h.Dilation);
                var outside = inputZ < 0 || inputZ >= d.Input || inputY < 0 || inputY >= h.Input;
                for (var kw = 0; kw < w.Kernel; kw++, tap++)
                {
                    // Channels whose row channel * taps + tap lies in [k, k + depth).
                    var channel = k <= tap ? 0 : (k - tap + taps - 1) / taps;
                    var end = k + depth <= tap ? 0 : (k + depth - tap + taps - 1) / taps;
                    if (channel >= end)
                    {
                        continue;
                    }

                    var inputX = ((long)x * w.Stride) - w.PadBegin + ((long)kw * w.Dilation);
                    var (lead, stop) = outside ? (length, length) : Clip(inputX, length, w);
                    var run = new Run(end - channel, lead, stop - lead, length - stop, w.Stride, plane, (nint)taps * width);
                    var source = image + ((nint)channel * plane);
                    if (run.Length > 0)
                    {
                        source += ((((nint)inputZ * h.Input) + (nint)inputY) * w.Input) + (nint)inputX + ((nint)lead * w.Stride);
                    }

                    Copy(run, source, target + ((((nint)channel * taps) + tap - k) * width));
                }
            }
        }
    }

    // The part [lead, stop) of a run whose input positions exist.
    private static (int Lead, int Stop) Clip(long inputX, int length, in SpatialAxis w)
    {
        var lead = inputX >= 0 ? 0 : (-inputX + w.Stride - 1) / w.Stride;
        var stop = inputX >= w.Input ? 0 : ((w.Input - 1 - inputX) / w.Stride) + 1;
        lead = Math.Min(lead, length);
        return ((int)lead, (int)Math.Clamp(stop, lead, length));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(in Run run, float* source, float* target)
    {
        // SAFETY: the run was clipped to the input row; target rows have room for lead + length + trail floats.
        if (run.Lead + run.Trail > 0)
        {
            var edge = target;
            for (var i = 0; i < run.Count; i++, edge += run.TargetStep)
            {
                for (var j = 0; j < run.Lead; j++)
                {
                    edge[j] = 0;
                }

                for (var j = run.Lead + run.Length; j < run.Lead + run.Length + run.Trail; j++)
                {
                    edge[j] = 0;
                }
            }
        }

        if (run.Length == 0)
        {
            return;
        }

        target += run.Lead;
        if (run.Stride == 1)
        {
            CopyDense(run, source, target);
        }
        else if (run.Stride == 2)
        {
            CopyEverySecond(run, source, target);
        }
        else
        {
            for (var i = 0; i < run.Count; i++, source += run.SourceStep, target += run.TargetStep)
            {
                for (var j = 0; j < run.Length; j++)
                {
                    target[j] = source[(nint)j * run.Stride];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyDense(in Run run, float* source, float* target)
    {
        var (length, sourceStep, targetStep) = (run.Length, run.SourceStep, run.TargetStep);
        if (length >= 8)
        {
            // Whole vectors, then one more that ends at the last element.
            for (var i = 0; i < run.Count; i++, source += sourceStep, target += targetStep)
            {
                for (var j = 0; j <= length - 8; j += 8)
                {
                    Vector256.Load(source + j).Store(target + j);
                }

                Vector256.Load(source + length - 8).Store(target + length - 8);
            }
        }
        else if (length >= 4)
        {
            for (var i = 0; i < run.Count; i++, source += sourceStep, target += targetStep)
            {
                var (head, tail) = (Vector128.Load(source), Vector128.Load(source + length - 4));
                head.Store(target);
                tail.Store(target + length - 4);
            }
        }
        else
        {
            for (var i = 0; i < run.Count; i++, source += sourceStep, target += targetStep)
            {
                for (var j = 0; j < length; j++)
                {
                    target[j] = source[j];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyEverySecond(in Run run, float* source, float* target)
    {
        var (length, sourceStep, targetStep) = (run.Length, run.SourceStep, run.TargetStep);
        for (var i = 0; i < run.Count; i++, source += sourceStep, target += targetStep)
        {
            var j = 0;

            // Four at a time from eight; the eighth of the last group may not exist, so it is left to the loop below.
            for (; j < length - 4; j += 4)
            {
                var (low, high) = (Vector128.Load(source + (2 * j)), Vector128.Load(source + (2 * j) + 4));
                Vector128.Create(
                    Vector128.Shuffle(low, Vector128.Create(0, 2, 0, 2)).GetLower(),
                    Vector128.Shuffle(high, Vector128.Create(0, 2, 0, 2)).GetLower()).Store(target + j);
            }

            for (; j < length; j++)
            {
                target[j] = source[2 * j];
            }
        }
    }

    /// <param name="Count">Channels to copy for.</param>
    /// <param name="Lead">Zeros before.</param>
    /// <param name="Length">Elements from the image.</param>
    /// <param name="Trail">Zeros after.</param>
    /// <param name="Stride">Floats between elements in the image.</param>
    /// <param name="SourceStep">Floats between channels.</param>
    /// <param name="TargetStep">Floats between the rows of successive channels in the panel.</param>
    private readonly record struct Run(int Count, int Lead, int Length, int Trail, int Stride, nint SourceStep, nint TargetStep);
}
