using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>Tiles of up to 14 × 32 by AVX-512: 28 accumulators, two vectors of the right side, one broadcast.</summary>
/// <remarks>Every accumulator is a local of its own so that it stays in a register; a row count is a type (see <see cref="GemmRows"/>), so the
/// guards vanish when a method is compiled.</remarks>
internal sealed unsafe class Avx512GemmKernel : GemmMicroKernel
{
    // SAFETY (all methods): GemmJob passes panels of at least depth * sizeof(TRows) and depth * columns floats and a tile whose rows lie ldc
    // floats apart, all inside pinned or native memory that the request keeps alive; vector loads need no alignment.
    public override string Name => "avx512";

    public override int MaxRows => 14;

    public override int VectorWidth => 16;

    public override int DepthBlock => 192;

    public static bool IsSupported => Avx512F.IsSupported;

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
            case 7: Wide<GemmRows.R7>(depth, a, b, c, ldc, accumulate); break;
            case 8: Wide<GemmRows.R8>(depth, a, b, c, ldc, accumulate); break;
            case 9: Wide<GemmRows.R9>(depth, a, b, c, ldc, accumulate); break;
            case 10: Wide<GemmRows.R10>(depth, a, b, c, ldc, accumulate); break;
            case 11: Wide<GemmRows.R11>(depth, a, b, c, ldc, accumulate); break;
            case 12: Wide<GemmRows.R12>(depth, a, b, c, ldc, accumulate); break;
            case 13: Wide<GemmRows.R13>(depth, a, b, c, ldc, accumulate); break;
            case 14: Wide<GemmRows.R14>(depth, a, b, c, ldc, accumulate); break;
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
            case 7: Narrow<GemmRows.R7>(depth, a, b, c, ldc, accumulate); break;
            case 8: Narrow<GemmRows.R8>(depth, a, b, c, ldc, accumulate); break;
            case 9: Narrow<GemmRows.R9>(depth, a, b, c, ldc, accumulate); break;
            case 10: Narrow<GemmRows.R10>(depth, a, b, c, ldc, accumulate); break;
            case 11: Narrow<GemmRows.R11>(depth, a, b, c, ldc, accumulate); break;
            case 12: Narrow<GemmRows.R12>(depth, a, b, c, ldc, accumulate); break;
            case 13: Narrow<GemmRows.R13>(depth, a, b, c, ldc, accumulate); break;
            case 14: Narrow<GemmRows.R14>(depth, a, b, c, ldc, accumulate); break;
            default: throw new ArgumentOutOfRangeException(nameof(rows));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide<TRows>(nint depth, float* a, float* b, float* c, nint ldc, bool accumulate)
        where TRows : unmanaged
    {
        Vector512<float> x0 = default, x1 = default, x2 = default, x3 = default, x4 = default, x5 = default, x6 = default, x7 = default, x8 = default, x9 = default, x10 = default, x11 = default, x12 = default, x13 = default;
        Vector512<float> y0 = default, y1 = default, y2 = default, y3 = default, y4 = default, y5 = default, y6 = default, y7 = default, y8 = default, y9 = default, y10 = default, y11 = default, y12 = default, y13 = default;
        if (accumulate)
        {
            x0 = Vector512.Load(c);
            y0 = Vector512.Load(c + 16);
            if (sizeof(TRows) > 1) { x1 = Vector512.Load(c + ldc); y1 = Vector512.Load(c + ldc + 16); }
            if (sizeof(TRows) > 2) { x2 = Vector512.Load(c + (2 * ldc)); y2 = Vector512.Load(c + (2 * ldc) + 16); }
            if (sizeof(TRows) > 3) { x3 = Vector512.Load(c + (3 * ldc)); y3 = Vector512.Load(c + (3 * ldc) + 16); }
            if (sizeof(TRows) > 4) { x4 = Vector512.Load(c + (4 * ldc)); y4 = Vector512.Load(c + (4 * ldc) + 16); }
            if (sizeof(TRows) > 5) { x5 = Vector512.Load(c + (5 * ldc)); y5 = Vector512.Load(c + (5 * ldc) + 16); }
            if (sizeof(TRows) > 6) { x6 = Vector512.Load(c + (6 * ldc)); y6 = Vector512.Load(c + (6 * ldc) + 16); }
            if (sizeof(TRows) > 7) { x7 = Vector512.Load(c + (7 * ldc)); y7 = Vector512.Load(c + (7 * ldc) + 16); }
            if (sizeof(TRows) > 8) { x8 = Vector512.Load(c + (8 * ldc)); y8 = Vector512.Load(c + (8 * ldc) + 16); }
            if (sizeof(TRows) > 9) { x9 = Vector512.Load(c + (9 * ldc)); y9 = Vector512.Load(c + (9 * ldc) + 16); }
            if (sizeof(TRows) > 10) { x10 = Vector512.Load(c + (10 * ldc)); y10 = Vector512.Load(c + (10 * ldc) + 16); }
            if (sizeof(TRows) > 11) { x11 = Vector512.Load(c + (11 * ldc)); y11 = Vector512.Load(c + (11 * ldc) + 16); }
            if (sizeof(TRows) > 12) { x12 = Vector512.Load(c + (12 * ldc)); y12 = Vector512.Load(c + (12 * ldc) + 16); }
            if (sizeof(TRows) > 13) { x13 = Vector512.Load(c + (13 * ldc)); y13 = Vector512.Load(c + (13 * ldc) + 16); }
        }

        for (; depth > 0; depth--)
        {
            var p = Vector512.Load(b);
            var q = Vector512.Load(b + 16);
            var l0 = Vector512.Create(a[0]);
            x0 = Avx512F.FusedMultiplyAdd(l0, p, x0);
            y0 = Avx512F.FusedMultiplyAdd(l0, q, y0);
            if (sizeof(TRows) > 1) { var l1 = Vector512.Create(a[1]); x1 = Avx512F.FusedMultiplyAdd(l1, p, x1); y1 = Avx512F.FusedMultiplyAdd(l1, q, y1); }
            if (sizeof(TRows) > 2) { var l2 = Vector512.Create(a[2]); x2 = Avx512F.FusedMultiplyAdd(l2, p, x2); y2 = Avx512F.FusedMultiplyAdd(l2, q, y2); }
            if (sizeof(TRows) > 3) { var l3 = Vector512.Create(a[3]); x3 = Avx512F.FusedMultiplyAdd(l3, p, x3); y3 = Avx512F.FusedMultiplyAdd(l3, q, y3); }
            if (sizeof(TRows) > 4) { var l4 = Vector512.Create(a[4]); x4 = Avx512F.FusedMultiplyAdd(l4, p, x4); y4 = Avx512F.FusedMultiplyAdd(l4, q, y4); }
            if (sizeof(TRows) > 5) { var l5 = Vector512.Create(a[5]); x5 = Avx512F.FusedMultiplyAdd(l5, p, x5); y5 = Avx512F.FusedMultiplyAdd(l5, q, y5); }
            if (sizeof(TRows) > 6) { var l6 = Vector512.Create(a[6]); x6 = Avx512F.FusedMultiplyAdd(l6, p, x6); y6 = Avx512F.FusedMultiplyAdd(l6, q, y6); }
            if (sizeof(TRows) > 7) { var l7 = Vector512.Create(a[7]); x7 = Avx512F.FusedMultiplyAdd(l7, p, x7); y7 = Avx512F.FusedMultiplyAdd(l7, q, y7); }
            if (sizeof(TRows) > 8) { var l8 = Vector512.Create(a[8]); x8 = Avx512F.FusedMultiplyAdd(l8, p, x8); y8 = Avx512F.FusedMultiplyAdd(l8, q, y8); }
            if (sizeof(TRows) > 9) { var l9 = Vector512.Create(a[9]); x9 = Avx512F.FusedMultiplyAdd(l9, p, x9); y9 = Avx512F.FusedMultiplyAdd(l9, q, y9); }
            if (sizeof(TRows) > 10) { var l10 = Vector512.Create(a[10]); x10 = Avx512F.FusedMultiplyAdd(l10, p, x10); y10 = Avx512F.FusedMultiplyAdd(l10, q, y10); }
            if (sizeof(TRows) > 11) { var l11 = Vector512.Create(a[11]); x11 = Avx512F.FusedMultiplyAdd(l11, p, x11); y11 = Avx512F.FusedMultiplyAdd(l11, q, y11); }
            if (sizeof(TRows) > 12) { var l12 = Vector512.Create(a[12]); x12 = Avx512F.FusedMultiplyAdd(l12, p, x12); y12 = Avx512F.FusedMultiplyAdd(l12, q, y12); }
            if (sizeof(TRows) > 13) { var l13 = Vector512.Create(a[13]); x13 = Avx512F.FusedMultiplyAdd(l13, p, x13); y13 = Avx512F.FusedMultiplyAdd(l13, q, y13); }
            a += sizeof(TRows);
            b += 32;
        }

        x0.Store(c);
        y0.Store(c + 16);
        if (sizeof(TRows) > 1) { x1.Store(c + ldc); y1.Store(c + ldc + 16); }
        if (sizeof(TRows) > 2) { x2.Store(c + (2 * ldc)); y2.Store(c + (2 * ldc) + 16); }
        if (sizeof(TRows) > 3) { x3.Store(c + (3 * ldc)); y3.Store(c + (3 * ldc) + 16); }
        if (sizeof(TRows) > 4) { x4.Store(c + (4 * ldc)); y4.Store(c + (4 * ldc) + 16); }
        if (sizeof(TRows) > 5) { x5.Store(c + (5 * ldc)); y5.Store(c + (5 * ldc) + 16); }
        if (sizeof(TRows) > 6) { x6.Store(c + (6 * ldc)); y6.Store(c + (6 * ldc) + 16); }
        if (sizeof(TRows) > 7) { x7.Store(c + (7 * ldc)); y7.Store(c + (7 * ldc) + 16); }
        if (sizeof(TRows) > 8) { x8.Store(c + (8 * ldc)); y8.Store(c + (8 * ldc) + 16); }
        if (sizeof(TRows) > 9) { x9.Store(c + (9 * ldc)); y9.Store(c + (9 * ldc) + 16); }
        if (sizeof(TRows) > 10) { x10.Store(c + (10 * ldc)); y10.Store(c + (10 * ldc) + 16); }
        if (sizeof(TRows) > 11) { x11.Store(c + (11 * ldc)); y11.Store(c + (11 * ldc) + 16); }
        if (sizeof(TRows) > 12) { x12.Store(c + (12 * ldc)); y12.Store(c + (12 * ldc) + 16); }
        if (sizeof(TRows) > 13) { x13.Store(c + (13 * ldc)); y13.Store(c + (13 * ldc) + 16); }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow<TRows>(nint depth, float* a, float* b, float* c, nint ldc, bool accumulate)
        where TRows : unmanaged
    {
        Vector512<float> x0 = default, x1 = default, x2 = default, x3 = default, x4 = default, x5 = default, x6 = default, x7 = default, x8 = default, x9 = default, x10 = default, x11 = default, x12 = default, x13 = default;
        if (accumulate)
        {
            x0 = Vector512.Load(c);
            if (sizeof(TRows) > 1) { x1 = Vector512.Load(c + ldc); }
            if (sizeof(TRows) > 2) { x2 = Vector512.Load(c + (2 * ldc)); }
            if (sizeof(TRows) > 3) { x3 = Vector512.Load(c + (3 * ldc)); }
            if (sizeof(TRows) > 4) { x4 = Vector512.Load(c + (4 * ldc)); }
            if (sizeof(TRows) > 5) { x5 = Vector512.Load(c + (5 * ldc)); }
            if (sizeof(TRows) > 6) { x6 = Vector512.Load(c + (6 * ldc)); }
            if (sizeof(TRows) > 7) { x7 = Vector512.Load(c + (7 * ldc)); }
            if (sizeof(TRows) > 8) { x8 = Vector512.Load(c + (8 * ldc)); }
            if (sizeof(TRows) > 9) { x9 = Vector512.Load(c + (9 * ldc)); }
            if (sizeof(TRows) > 10) { x10 = Vector512.Load(c + (10 * ldc)); }
            if (sizeof(TRows) > 11) { x11 = Vector512.Load(c + (11 * ldc)); }
            if (sizeof(TRows) > 12) { x12 = Vector512.Load(c + (12 * ldc)); }
            if (sizeof(TRows) > 13) { x13 = Vector512.Load(c + (13 * ldc)); }
        }

        for (; depth > 0; depth--)
        {
            var p = Vector512.Load(b);
            var l0 = Vector512.Create(a[0]);
            x0 = Avx512F.FusedMultiplyAdd(l0, p, x0);
            if (sizeof(TRows) > 1) { var l1 = Vector512.Create(a[1]); x1 = Avx512F.FusedMultiplyAdd(l1, p, x1); }
            if (sizeof(TRows) > 2) { var l2 = Vector512.Create(a[2]); x2 = Avx512F.FusedMultiplyAdd(l2, p, x2); }
            if (sizeof(TRows) > 3) { var l3 = Vector512.Create(a[3]); x3 = Avx512F.FusedMultiplyAdd(l3, p, x3); }
            if (sizeof(TRows) > 4) { var l4 = Vector512.Create(a[4]); x4 = Avx512F.FusedMultiplyAdd(l4, p, x4); }
            if (sizeof(TRows) > 5) { var l5 = Vector512.Create(a[5]); x5 = Avx512F.FusedMultiplyAdd(l5, p, x5); }
            if (sizeof(TRows) > 6) { var l6 = Vector512.Create(a[6]); x6 = Avx512F.FusedMultiplyAdd(l6, p, x6); }
            if (sizeof(TRows) > 7) { var l7 = Vector512.Create(a[7]); x7 = Avx512F.FusedMultiplyAdd(l7, p, x7); }
            if (sizeof(TRows) > 8) { var l8 = Vector512.Create(a[8]); x8 = Avx512F.FusedMultiplyAdd(l8, p, x8); }
            if (sizeof(TRows) > 9) { var l9 = Vector512.Create(a[9]); x9 = Avx512F.FusedMultiplyAdd(l9, p, x9); }
            if (sizeof(TRows) > 10) { var l10 = Vector512.Create(a[10]); x10 = Avx512F.FusedMultiplyAdd(l10, p, x10); }
            if (sizeof(TRows) > 11) { var l11 = Vector512.Create(a[11]); x11 = Avx512F.FusedMultiplyAdd(l11, p, x11); }
            if (sizeof(TRows) > 12) { var l12 = Vector512.Create(a[12]); x12 = Avx512F.FusedMultiplyAdd(l12, p, x12); }
            if (sizeof(TRows) > 13) { var l13 = Vector512.Create(a[13]); x13 = Avx512F.FusedMultiplyAdd(l13, p, x13); }
            a += sizeof(TRows);
            b += 16;
        }

        x0.Store(c);
        if (sizeof(TRows) > 1) { x1.Store(c + ldc); }
        if (sizeof(TRows) > 2) { x2.Store(c + (2 * ldc)); }
        if (sizeof(TRows) > 3) { x3.Store(c + (3 * ldc)); }
        if (sizeof(TRows) > 4) { x4.Store(c + (4 * ldc)); }
        if (sizeof(TRows) > 5) { x5.Store(c + (5 * ldc)); }
        if (sizeof(TRows) > 6) { x6.Store(c + (6 * ldc)); }
        if (sizeof(TRows) > 7) { x7.Store(c + (7 * ldc)); }
        if (sizeof(TRows) > 8) { x8.Store(c + (8 * ldc)); }
        if (sizeof(TRows) > 9) { x9.Store(c + (9 * ldc)); }
        if (sizeof(TRows) > 10) { x10.Store(c + (10 * ldc)); }
        if (sizeof(TRows) > 11) { x11.Store(c + (11 * ldc)); }
        if (sizeof(TRows) > 12) { x12.Store(c + (12 * ldc)); }
        if (sizeof(TRows) > 13) { x13.Store(c + (13 * ldc)); }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WideRow(nint depth, float* a, float* b, float* c, bool accumulate)
    {
        Vector512<float> x0 = default, x1 = default, x2 = default, x3 = default;
        Vector512<float> y0 = default, y1 = default, y2 = default, y3 = default;
        if (accumulate)
        {
            x0 = Vector512.Load(c);
            y0 = Vector512.Load(c + 16);
        }

        for (; depth >= 4; depth -= 4)
        {
            var l0 = Vector512.Create(a[0]);
            x0 = Avx512F.FusedMultiplyAdd(l0, Vector512.Load(b), x0);
            y0 = Avx512F.FusedMultiplyAdd(l0, Vector512.Load(b + 16), y0);
            var l1 = Vector512.Create(a[1]);
            x1 = Avx512F.FusedMultiplyAdd(l1, Vector512.Load(b + 32), x1);
            y1 = Avx512F.FusedMultiplyAdd(l1, Vector512.Load(b + 48), y1);
            var l2 = Vector512.Create(a[2]);
            x2 = Avx512F.FusedMultiplyAdd(l2, Vector512.Load(b + 64), x2);
            y2 = Avx512F.FusedMultiplyAdd(l2, Vector512.Load(b + 80), y2);
            var l3 = Vector512.Create(a[3]);
            x3 = Avx512F.FusedMultiplyAdd(l3, Vector512.Load(b + 96), x3);
            y3 = Avx512F.FusedMultiplyAdd(l3, Vector512.Load(b + 112), y3);
            a += 4;
            b += 128;
        }

        for (; depth > 0; depth--)
        {
            var l = Vector512.Create(*a);
            x0 = Avx512F.FusedMultiplyAdd(l, Vector512.Load(b), x0);
            y0 = Avx512F.FusedMultiplyAdd(l, Vector512.Load(b + 16), y0);
            a++;
            b += 32;
        }

        ((x0 + x1) + (x2 + x3)).Store(c);
        ((y0 + y1) + (y2 + y3)).Store(c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NarrowRow(nint depth, float* a, float* b, float* c, bool accumulate)
    {
        Vector512<float> x0 = default, x1 = default, x2 = default, x3 = default;
        if (accumulate)
        {
            x0 = Vector512.Load(c);
        }

        for (; depth >= 4; depth -= 4)
        {
            var l0 = Vector512.Create(a[0]);
            x0 = Avx512F.FusedMultiplyAdd(l0, Vector512.Load(b), x0);
            var l1 = Vector512.Create(a[1]);
            x1 = Avx512F.FusedMultiplyAdd(l1, Vector512.Load(b + 16), x1);
            var l2 = Vector512.Create(a[2]);
            x2 = Avx512F.FusedMultiplyAdd(l2, Vector512.Load(b + 32), x2);
            var l3 = Vector512.Create(a[3]);
            x3 = Avx512F.FusedMultiplyAdd(l3, Vector512.Load(b + 48), x3);
            a += 4;
            b += 64;
        }

        for (; depth > 0; depth--)
        {
            var l = Vector512.Create(*a);
            x0 = Avx512F.FusedMultiplyAdd(l, Vector512.Load(b), x0);
            a++;
            b += 16;
        }

        ((x0 + x1) + (x2 + x3)).Store(c);
    }
}
