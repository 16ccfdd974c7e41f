using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>Tiles of up to 6 × 16 by AVX2 and FMA: 12 accumulators, two vectors of the right side, one broadcast.</summary>
/// <remarks>Every accumulator is a local of its own so that it stays in a register; a row count is a type (see <see cref="GemmRows"/>), so the
/// guards vanish when a method is compiled.</remarks>
internal sealed unsafe class Avx2GemmKernel : GemmMicroKernel
{
    // SAFETY (all methods): GemmJob passes panels of at least depth * sizeof(TRows) and depth * columns floats and a tile whose rows lie ldc
    // floats apart, all inside pinned or native memory that the request keeps alive; vector loads need no alignment.
    public override string Name => "avx2";

    public override int MaxRows => 6;

    public override int VectorWidth => 8;

    public override int DepthBlock => 256;

    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public override void Multiply(int rows, bool wide, int depth, float* a, float* b, float* c, nint ldc, bool accumulate)
    {
        if (wide)
        {
            MultiplyWide(rows, depth, a, b, c, ldc, accumulate);
        }
        else
        {
            MultiplyNarrow(rows, depth, a, b, c, ldc, accumulate);
        }
    }

    private static void MultiplyWide(int rows, int depth, float* a, float* b, float* c, nint ldc, bool accumulate)
    {
        switch (rows)
        {
            case 1: WideRow(depth, a, b, c, accumulate); break;
            case 2: Wide<GemmRows.R2>(depth, a, b, c, ldc, accumulate); break;
            case 3: Wide<GemmRows.R3>(depth, a, b, c, ldc, accumulate); break;
            case 4: Wide<GemmRows.R4>(depth, a, b, c, ldc, accumulate); break;
            case 5: Wide<GemmRows.R5>(depth, a, b, c, ldc, accumulate); break;
            case 6: Wide<GemmRows.R6>(depth, a, b, c, ldc, accumulate); break;
            default: throw new ArgumentOutOfRangeException(nameof(rows));
        }
    }

    private static void MultiplyNarrow(int rows, int depth, float* a, float* b, float* c, nint ldc, bool accumulate)
    {
        switch (rows)
        {
            case 1: NarrowRow(depth, a, b, c, accumulate); break;
            case 2: Narrow<GemmRows.R2>(depth, a, b, c, ldc, accumulate); break;
            case 3: Narrow<GemmRows.R3>(depth, a, b, c, ldc, accumulate); break;
            case 4: Narrow<GemmRows.R4>(depth, a, b, c, ldc, accumulate); break;
            case 5: Narrow<GemmRows.R5>(depth, a, b, c, ldc, accumulate); break;
            case 6: Narrow<GemmRows.R6>(depth, a, b, c, ldc, accumulate); break;
            default: throw new ArgumentOutOfRangeException(nameof(rows));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide<TRows>(nint depth, float* a, float* b, float* c, nint ldc, bool accumulate)
        where TRows : unmanaged
    {
        Vector256<float> x0 = default, x1 = default, x2 = default, x3 = default, x4 = default, x5 = default;
        Vector256<float> y0 = default, y1 = default, y2 = default, y3 = default, y4 = default, y5 = default;
        if (accumulate)
        {
            x0 = Vector256.Load(c);
            y0 = Vector256.Load(c + 8);
            if (sizeof(TRows) > 1) { x1 = Vector256.Load(c + ldc); y1 = Vector256.Load(c + ldc + 8); }
            if (sizeof(TRows) > 2) { x2 = Vector256.Load(c + (2 * ldc)); y2 = Vector256.Load(c + (2 * ldc) + 8); }
            if (sizeof(TRows) > 3) { x3 = Vector256.Load(c + (3 * ldc)); y3 = Vector256.Load(c + (3 * ldc) + 8); }
            if (sizeof(TRows) > 4) { x4 = Vector256.Load(c + (4 * ldc)); y4 = Vector256.Load(c + (4 * ldc) + 8); }
            if (sizeof(TRows) > 5) { x5 = Vector256.Load(c + (5 * ldc)); y5 = Vector256.Load(c + (5 * ldc) + 8); }
        }

        for (; depth > 0; depth--)
        {
            var p = Vector256.Load(b);
            var q = Vector256.Load(b + 8);
            var l0 = Vector256.Create(a[0]);
            x0 = Fma.MultiplyAdd(l0, p, x0);
            y0 = Fma.MultiplyAdd(l0, q, y0);
            if (sizeof(TRows) > 1) { var l1 = Vector256.Create(a[1]); x1 = Fma.MultiplyAdd(l1, p, x1); y1 = Fma.MultiplyAdd(l1, q, y1); }
            if (sizeof(TRows) > 2) { var l2 = Vector256.Create(a[2]); x2 = Fma.MultiplyAdd(l2, p, x2); y2 = Fma.MultiplyAdd(l2, q, y2); }
            if (sizeof(TRows) > 3) { var l3 = Vector256.Create(a[3]); x3 = Fma.MultiplyAdd(l3, p, x3); y3 = Fma.MultiplyAdd(l3, q, y3); }
            if (sizeof(TRows) > 4) { var l4 = Vector256.Create(a[4]); x4 = Fma.MultiplyAdd(l4, p, x4); y4 = Fma.MultiplyAdd(l4, q, y4); }
            if (sizeof(TRows) > 5) { var l5 = Vector256.Create(a[5]); x5 = Fma.MultiplyAdd(l5, p, x5); y5 = Fma.MultiplyAdd(l5, q, y5); }
            a += sizeof(TRows);
            b += 16;
        }

        x0.Store(c);
        y0.Store(c + 8);
        if (sizeof(TRows) > 1) { x1.Store(c + ldc); y1.Store(c + ldc + 8); }
        if (sizeof(TRows) > 2) { x2.Store(c + (2 * ldc)); y2.Store(c + (2 * ldc) + 8); }
        if (sizeof(TRows) > 3) { x3.Store(c + (3 * ldc)); y3.Store(c + (3 * ldc) + 8); }
        if (sizeof(TRows) > 4) { x4.Store(c + (4 * ldc)); y4.Store(c + (4 * ldc) + 8); }
        if (sizeof(TRows) > 5) { x5.Store(c + (5 * ldc)); y5.Store(c + (5 * ldc) + 8); }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow<TRows>(nint depth, float* a, float* b, float* c, nint ldc, bool accumulate)
        where TRows : unmanaged
    {
        Vector256<float> x0 = default, x1 = default, x2 = default, x3 = default, x4 = default, x5 = default;
        if (accumulate)
        {
            x0 = Vector256.Load(c);
            if (sizeof(TRows) > 1) { x1 = Vector256.Load(c + ldc); }
            if (sizeof(TRows) > 2) { x2 = Vector256.Load(c + (2 * ldc)); }
            if (sizeof(TRows) > 3) { x3 = Vector256.Load(c + (3 * ldc)); }
            if (sizeof(TRows) > 4) { x4 = Vector256.Load(c + (4 * ldc)); }
            if (sizeof(TRows) > 5) { x5 = Vector256.Load(c + (5 * ldc)); }
        }

        for (; depth > 0; depth--)
        {
            var p = Vector256.Load(b);
            var l0 = Vector256.Create(a[0]);
            x0 = Fma.MultiplyAdd(l0, p, x0);
            if (sizeof(TRows) > 1) { var l1 = Vector256.Create(a[1]); x1 = Fma.MultiplyAdd(l1, p, x1); }
            if (sizeof(TRows) > 2) { var l2 = Vector256.Create(a[2]); x2 = Fma.MultiplyAdd(l2, p, x2); }
            if (sizeof(TRows) > 3) { var l3 = Vector256.Create(a[3]); x3 = Fma.MultiplyAdd(l3, p, x3); }
            if (sizeof(TRows) > 4) { var l4 = Vector256.Create(a[4]); x4 = Fma.MultiplyAdd(l4, p, x4); }
            if (sizeof(TRows) > 5) { var l5 = Vector256.Create(a[5]); x5 = Fma.MultiplyAdd(l5, p, x5); }
            a += sizeof(TRows);
            b += 8;
        }

        x0.Store(c);
        if (sizeof(TRows) > 1) { x1.Store(c + ldc); }
        if (sizeof(TRows) > 2) { x2.Store(c + (2 * ldc)); }
        if (sizeof(TRows) > 3) { x3.Store(c + (3 * ldc)); }
        if (sizeof(TRows) > 4) { x4.Store(c + (4 * ldc)); }
        if (sizeof(TRows) > 5) { x5.Store(c + (5 * ldc)); }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WideRow(nint depth, float* a, float* b, float* c, bool accumulate)
    {
        Vector256<float> x0 = default, x1 = default, x2 = default, x3 = default;
        Vector256<float> y0 = default, y1 = default, y2 = default, y3 = default;
        if (accumulate)
        {
            x0 = Vector256.Load(c);
            y0 = Vector256.Load(c + 8);
        }

        for (; depth >= 4; depth -= 4)
        {
            var l0 = Vector256.Create(a[0]);
            x0 = Fma.MultiplyAdd(l0, Vector256.Load(b), x0);
            y0 = Fma.MultiplyAdd(l0, Vector256.Load(b + 8), y0);
            var l1 = Vector256.Create(a[1]);
            x1 = Fma.MultiplyAdd(l1, Vector256.Load(b + 16), x1);
            y1 = Fma.MultiplyAdd(l1, Vector256.Load(b + 24), y1);
            var l2 = Vector256.Create(a[2]);
            x2 = Fma.MultiplyAdd(l2, Vector256.Load(b + 32), x2);
            y2 = Fma.MultiplyAdd(l2, Vector256.Load(b + 40), y2);
            var l3 = Vector256.Create(a[3]);
            x3 = Fma.MultiplyAdd(l3, Vector256.Load(b + 48), x3);
            y3 = Fma.MultiplyAdd(l3, Vector256.Load(b + 56), y3);
            a += 4;
            b += 64;
        }

        for (; depth > 0; depth--)
        {
            var l = Vector256.Create(*a);
            x0 = Fma.MultiplyAdd(l, Vector256.Load(b), x0);
            y0 = Fma.MultiplyAdd(l, Vector256.Load(b + 8), y0);
            a++;
            b += 16;
        }

        ((x0 + x1) + (x2 + x3)).Store(c);
        ((y0 + y1) + (y2 + y3)).Store(c + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NarrowRow(nint depth, float* a, float* b, float* c, bool accumulate)
    {
        Vector256<float> x0 = default, x1 = default, x2 = default, x3 = default;
        if (accumulate)
        {
            x0 = Vector256.Load(c);
        }

        for (; depth >= 4; depth -= 4)
        {
            var l0 = Vector256.Create(a[0]);
            x0 = Fma.MultiplyAdd(l0, Vector256.Load(b), x0);
            var l1 = Vector256.Create(a[1]);
            x1 = Fma.MultiplyAdd(l1, Vector256.Load(b + 8), x1);
            var l2 = Vector256.Create(a[2]);
            x2 = Fma.MultiplyAdd(l2, Vector256.Load(b + 16), x2);
            var l3 = Vector256.Create(a[3]);
            x3 = Fma.MultiplyAdd(l3, Vector256.Load(b + 24), x3);
            a += 4;
            b += 32;
        }

        for (; depth > 0; depth--)
        {
            var l = Vector256.Create(*a);
            x0 = Fma.MultiplyAdd(l, Vector256.Load(b), x0);
            a++;
            b += 8;
        }

        ((x0 + x1) + (x2 + x3)).Store(c);
    }
}
