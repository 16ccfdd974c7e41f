using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Ovms.Runtime.Embedded.Operations.Convolution;
using Ovms.Runtime.Embedded.Operations.Matrix;

namespace Ovms.Runtime.Embedded.Operations.Pooling;

/// <summary>Maxima or means of f32, row by row: columns whose window lies inside the row by vectors, the rest one by one.</summary>
/// <param name="geometry">Sizes.</param>
/// <param name="isMax">Maxima, or means.</param>
/// <param name="countCovered">Divide by the window elements inside the input instead of the whole window.</param>
internal sealed unsafe class FloatPool(PoolGeometry geometry, bool isMax, bool countCovered) : PlanePool(geometry)
{
    public override void Run(OperationContext context, int first, int end)
    {
        // SAFETY (whole class): planes lie in the context's tensors, which the request keeps; windows are clipped to the plane, and vectors cover
        // columns whose windows lie inside the row, with stride 2 also one float more.
        var source = ConstantInputs.Floats(context.Input(0)) + ((nint)first * Geometry.InputPlane);
        var target = ConstantInputs.Floats(context.Output(0)) + ((nint)first * Geometry.OutputPlane);
        for (var plane = first; plane < end; plane++, source += Geometry.InputPlane, target += Geometry.OutputPlane)
        {
            Pool(source, target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pool(float* source, float* target)
    {
        var (d, h, w) = (Geometry.D, Geometry.H, Geometry.W);
        var (inner, innerEnd) = Inner(w);
        for (var z = 0; z < d.Output; z++)
        {
            var (inputZ, countZ) = PoolGeometry.Clip(d, z);
            for (var y = 0; y < h.Output; y++, target += w.Output)
            {
                var (inputY, countY) = PoolGeometry.Clip(h, y);
                var rows = new Rows(inputZ, countZ, inputY, countY);
                One(rows, source, target, 0, inner);
                var x = inner;
                if (innerEnd - inner >= 8)
                {
                    var scale = isMax ? 1f : Divisor(countZ * countY * w.Kernel);
                    for (; x < innerEnd; x += 8)
                    {
                        // The last eight columns may overlap the ones before.
                        x = Math.Min(x, innerEnd - 8);
                        Eight(rows, source + ((nint)x * w.Stride) - w.PadBegin, target + x, scale);
                    }
                }

                One(rows, source, target, x, w.Output);
            }
        }
    }

    private float Divisor(int covered) => covered == 0 ? 1 : countCovered ? covered : Geometry.Taps;

    private static (int First, int End) Inner(in SpatialAxis w)
    {
        if (w.Stride > 2)
        {
            return (0, 0);
        }

        var reach = ((long)(w.Kernel - 1) * w.Dilation) + (w.Stride == 2 ? 1 : 0);
        var first = (w.PadBegin + w.Stride - 1) / w.Stride;
        var room = w.Input - 1 - reach + w.PadBegin;
        var end = room < 0 ? 0 : Math.Min(w.Output, (room / w.Stride) + 1);
        return first >= end ? (0, 0) : (first, (int)end);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void One(in Rows rows, float* source, float* target, int x, int end)
    {
        var (d, h, w) = (Geometry.D, Geometry.H, Geometry.W);
        for (; x < end; x++)
        {
            var (inputX, countX) = PoolGeometry.Clip(w, x);
            var value = isMax ? float.MinValue : 0f;
            for (var kz = 0; kz < rows.CountZ; kz++)
            {
                for (var ky = 0; ky < rows.CountY; ky++)
                {
                    var row = source + (((((nint)rows.Z + (kz * d.Dilation)) * h.Input) + rows.Y + (ky * h.Dilation)) * w.Input) + inputX;
                    for (var kx = 0; kx < countX; kx++, row += w.Dilation)
                    {
                        value = !isMax ? value + *row : *row > value ? *row : value;
                    }
                }
            }

            target[x] = isMax ? value : value / Divisor(rows.CountZ * rows.CountY * countX);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Eight(in Rows rows, float* source, float* target, float scale)
    {
        var (d, h, w) = (Geometry.D, Geometry.H, Geometry.W);
        var value = isMax ? Vector256.Create(float.MinValue) : default;
        for (var kz = 0; kz < rows.CountZ; kz++)
        {
            for (var ky = 0; ky < rows.CountY; ky++)
            {
                var row = source + (((((nint)rows.Z + (kz * d.Dilation)) * h.Input) + rows.Y + (ky * h.Dilation)) * w.Input);
                for (var kx = 0; kx < w.Kernel; kx++, row += w.Dilation)
                {
                    var next = w.Stride == 1 ? Vector256.Load(row) : Vector256.Create(EveryFour(row), EveryFour(row + 8));
                    value = isMax ? Vector256.ConditionalSelect(Vector256.GreaterThan(next, value), next, value) : value + next;
                }
            }
        }

        (isMax ? value : value / Vector256.Create(scale)).Store(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> EveryFour(float* source)
    {
        var low = Vector128.Shuffle(Vector128.Load(source), Vector128.Create(0, 2, 0, 2));
        var high = Vector128.Shuffle(Vector128.Load(source + 4), Vector128.Create(0, 2, 0, 2));
        return Vector128.Create(low.GetLower(), high.GetLower());
    }

    private readonly record struct Rows(int Z, int CountZ, int Y, int CountY);
}
