using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>Convolves one plane with one kernel, row by row: columns whose window lies inside the row by vectors, the rest one by one.</summary>
internal static unsafe class DepthwiseKernel
{
    // SAFETY (whole class): source and target are planes of the geometry's sizes. Rows are read at positions clipped to the input; vectors cover
    // columns [inner, innerEnd) only, whose windows lie inside the row, and with stride 2 one float more, see Every.

    /// <summary>Computes one output plane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Convolve(ConvolutionGeometry geometry, float* source, float* filter, float* target)
    {
        var (d, h, w) = (geometry.D, geometry.H, geometry.W);
        var (inner, innerEnd) = Inner(w);
        for (var z = 0; z < d.Output; z++)
        {
            var (kd, kdEnd, inputZ) = Clip(d, z);
            for (var y = 0; y < h.Output; y++, target += w.Output)
            {
                var (kh, khEnd, inputY) = Clip(h, y);
                var rows = new Rows(
                    source + ((((nint)inputZ * h.Input) + inputY) * w.Input),
                    filter + ((((nint)kd * h.Kernel) + kh) * w.Kernel),
                    kdEnd - kd,
                    khEnd - kh,
                    (nint)d.Dilation * h.Input * w.Input,
                    (nint)h.Dilation * w.Input,
                    (nint)h.Kernel * w.Kernel,
                    w);
                if (rows.CountZ <= 0 || rows.CountY <= 0)
                {
                    new Span<float>(target, w.Output).Clear();
                    continue;
                }

                Edge(rows, target, 0, inner);
                Middle(rows, target, inner, innerEnd);
                Edge(rows, target, innerEnd, w.Output);
            }
        }
    }

    // Window positions of output index i that lie inside the input, and the input index of the first.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (int First, int End, int Input) Clip(in SpatialAxis axis, int i)
    {
        var start = ((long)i * axis.Stride) - axis.PadBegin;
        var first = start >= 0 ? 0 : (-start + axis.Dilation - 1) / axis.Dilation;
        var end = start >= axis.Input ? 0 : Math.Min(axis.Kernel, ((axis.Input - 1 - start) / axis.Dilation) + 1);
        return first >= end ? (0, 0, 0) : ((int)first, (int)end, (int)(start + (first * axis.Dilation)));
    }

    // Output columns whose whole window lies inside the row; for stride 2 also the float that vectors read beyond it.
    private static (int First, int End) Inner(in SpatialAxis w)
    {
        var reach = ((long)(w.Kernel - 1) * w.Dilation) + (w.Stride == 2 ? 1 : 0);
        var first = (w.PadBegin + w.Stride - 1) / w.Stride;
        var room = w.Input - 1 - reach + w.PadBegin;
        var end = room < 0 ? 0 : Math.Min(w.Output, (room / w.Stride) + 1);
        return first >= end ? (0, 0) : (first, (int)end);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Edge(in Rows rows, float* target, int x, int end)
    {
        for (; x < end; x++)
        {
            var (first, stop, input) = Clip(rows.W, x);
            var sum = 0f;
            for (var z = 0; z < rows.CountZ; z++)
            {
                for (var y = 0; y < rows.CountY; y++)
                {
                    var row = rows.Source + (z * rows.StepZ) + (y * rows.StepY) + input;
                    var weights = rows.Filter + (z * rows.FilterZ) + (y * rows.W.Kernel);
                    for (var k = first; k < stop; k++, row += rows.W.Dilation)
                    {
                        sum += *row * weights[k];
                    }
                }
            }

            target[x] = sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Middle(in Rows rows, float* target, int x, int end)
    {
        var stride = rows.W.Stride;
        if (stride > 2 || end - x < 4)
        {
            Edge(rows, target, x, end);
            return;
        }

        var start = rows.Source - rows.W.PadBegin;
        if (end - x < 8)
        {
            // SAFETY: four columns at both ends; they overlap in the middle.
            Quad(rows, start + (x * (nint)stride), target + x);
            Quad(rows, start + ((end - 4) * (nint)stride), target + end - 4);
            return;
        }

        for (; x <= end - 16; x += 16)
        {
            Pair(rows, start + (x * (nint)stride), target + x);
        }

        for (; x <= end - 8; x += 8)
        {
            Single(rows, start + (x * (nint)stride), target + x);
        }

        if (x < end)
        {
            Single(rows, start + ((end - 8) * (nint)stride), target + end - 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pair(in Rows rows, float* source, float* target)
    {
        var (kernel, dilation, dense) = (rows.W.Kernel, (nint)rows.W.Dilation, rows.W.Stride == 1);
        Vector256<float> a = default, b = default;
        for (var z = 0; z < rows.CountZ; z++)
        {
            for (var y = 0; y < rows.CountY; y++)
            {
                var row = source + (z * rows.StepZ) + (y * rows.StepY);
                var weights = rows.Filter + (z * rows.FilterZ) + (y * kernel);
                for (var k = 0; k < kernel; k++, row += dilation)
                {
                    var weight = Vector256.Create(weights[k]);
                    a = Vector256.MultiplyAddEstimate(weight, dense ? Vector256.Load(row) : Every(row), a);
                    b = Vector256.MultiplyAddEstimate(weight, dense ? Vector256.Load(row + 8) : Every(row + 16), b);
                }
            }
        }

        a.Store(target);
        b.Store(target + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Single(in Rows rows, float* source, float* target)
    {
        var (kernel, dilation, dense) = (rows.W.Kernel, (nint)rows.W.Dilation, rows.W.Stride == 1);
        Vector256<float> a = default;
        for (var z = 0; z < rows.CountZ; z++)
        {
            for (var y = 0; y < rows.CountY; y++)
            {
                var row = source + (z * rows.StepZ) + (y * rows.StepY);
                var weights = rows.Filter + (z * rows.FilterZ) + (y * kernel);
                for (var k = 0; k < kernel; k++, row += dilation)
                {
                    a = Vector256.MultiplyAddEstimate(Vector256.Create(weights[k]), dense ? Vector256.Load(row) : Every(row), a);
                }
            }
        }

        a.Store(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Quad(in Rows rows, float* source, float* target)
    {
        var (kernel, dilation, dense) = (rows.W.Kernel, (nint)rows.W.Dilation, rows.W.Stride == 1);
        Vector128<float> a = default;
        for (var z = 0; z < rows.CountZ; z++)
        {
            for (var y = 0; y < rows.CountY; y++)
            {
                var row = source + (z * rows.StepZ) + (y * rows.StepY);
                var weights = rows.Filter + (z * rows.FilterZ) + (y * kernel);
                for (var k = 0; k < kernel; k++, row += dilation)
                {
                    var values = dense ? Vector128.Load(row) : EveryFour(row);
                    a = Vector128.MultiplyAddEstimate(Vector128.Create(weights[k]), values, a);
                }
            }
        }

        a.Store(target);
    }

    // Elements 0, 2 ... 14 of sixteen.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Every(float* source) => Vector256.Create(EveryFour(source), EveryFour(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> EveryFour(float* source)
    {
        var low = Vector128.Shuffle(Vector128.Load(source), Vector128.Create(0, 2, 0, 2));
        var high = Vector128.Shuffle(Vector128.Load(source + 4), Vector128.Create(0, 2, 0, 2));
        return Vector128.Create(low.GetLower(), high.GetLower());
    }

    /// <summary>The input rows under one output row, and the matching rows of the kernel.</summary>
    private readonly struct Rows(float* source, float* filter, int countZ, int countY, nint stepZ, nint stepY, nint filterZ, in SpatialAxis w)
    {
        public readonly float* Source = source;
        public readonly float* Filter = filter;
        public readonly int CountZ = countZ;
        public readonly int CountY = countY;
        public readonly nint StepZ = stepZ;
        public readonly nint StepY = stepY;
        public readonly nint FilterZ = filterZ;
        public readonly SpatialAxis W = w;
    }
}
