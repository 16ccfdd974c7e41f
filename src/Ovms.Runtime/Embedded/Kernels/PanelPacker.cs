using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>Copies parts of matrices into panels.</summary>
internal static unsafe class PanelPacker
{
    // SAFETY (both methods): callers pass sources that hold (depth − 1) * ld + count, or (count − 1) * ld + depth floats, and targets of
    // depth * width floats, in memory the request keeps alive.

    /// <summary><c>target[k, i] = source[k * ld + i]</c> for i below <paramref name="count"/>, zero up to <paramref name="width"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* source, nint ld, int count, int depth, float* target, int width)
    {
        for (var k = 0; k < depth; k++, source += ld, target += width)
        {
            var i = 0;
            for (; i <= count - 8; i += 8)
            {
                Vector256.Load(source + i).Store(target + i);
            }

            for (; i < count; i++)
            {
                target[i] = source[i];
            }

            for (; i < width; i++)
            {
                target[i] = 0;
            }
        }
    }

    /// <summary><c>target[k, i] = source[i * ld + k]</c> for i below <paramref name="count"/>, zero up to <paramref name="width"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, nint ld, int count, int depth, float* target, int width)
    {
        var i = 0;
        if (Sse.IsSupported || AdvSimd.Arm64.IsSupported)
        {
            for (; i <= count - 4; i += 4)
            {
                TransposeFour(source + (i * ld), ld, depth, target + i, width);
            }
        }

        for (; i < count; i++)
        {
            var from = source + (i * ld);
            var to = target + i;
            for (var k = 0; k < depth; k++, to += width)
            {
                *to = from[k];
            }
        }

        for (; i < width; i++)
        {
            var to = target + i;
            for (var k = 0; k < depth; k++, to += width)
            {
                *to = 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeFour(float* source, nint ld, int depth, float* target, int width)
    {
        var r0 = source;
        var r1 = r0 + ld;
        var r2 = r1 + ld;
        var r3 = r2 + ld;
        var k = 0;
        for (; k <= depth - 4; k += 4, target += 4 * width)
        {
            var a = Vector128.Load(r0 + k);
            var b = Vector128.Load(r1 + k);
            var c = Vector128.Load(r2 + k);
            var d = Vector128.Load(r3 + k);
            var (ab0, ab1, cd0, cd1) = Sse.IsSupported
                ? (Sse.UnpackLow(a, b), Sse.UnpackHigh(a, b), Sse.UnpackLow(c, d), Sse.UnpackHigh(c, d))
                : (AdvSimd.Arm64.ZipLow(a, b), AdvSimd.Arm64.ZipHigh(a, b), AdvSimd.Arm64.ZipLow(c, d), AdvSimd.Arm64.ZipHigh(c, d));
            Vector128.Create(ab0.GetLower(), cd0.GetLower()).Store(target);
            Vector128.Create(ab0.GetUpper(), cd0.GetUpper()).Store(target + width);
            Vector128.Create(ab1.GetLower(), cd1.GetLower()).Store(target + (2 * width));
            Vector128.Create(ab1.GetUpper(), cd1.GetUpper()).Store(target + (3 * width));
        }

        for (; k < depth; k++, target += width)
        {
            (target[0], target[1], target[2], target[3]) = (r0[k], r1[k], r2[k], r3[k]);
        }
    }
}
