using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>Depthwise sums by vectors of 16 floats.</summary>
internal sealed unsafe class DepthwiseKernel512 : DepthwiseKernel
{
    // SAFETY (whole class): see DepthwiseKernel.Run; every row has at least one vector, the last vector of a row ends where the row ends.
    public override int VectorWidth => 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(in DepthwiseBand band)
    {
        var (bias, low, high) = (Vector512.Create(band.Bias), Vector512.Create(band.Low), Vector512.Create(band.High));
        var offsets = band.Offsets;
        var weights = band.Weights;
        var taps = band.Taps;
        for (var row = 0; row < band.Rows; row++)
        {
            var source = band.Source + (row * band.SourcePitch);
            var target = band.Target + (row * band.TargetPitch);
            nint x = 0;
            for (; x <= band.Width - 64; x += 64)
            {
                Vector512<float> a = bias, b = bias, c = bias, d = bias;
                for (var tap = 0; tap < taps; tap++)
                {
                    var at = source + offsets[tap] + x;
                    var weight = Vector512.Create(weights[tap]);
                    a = Avx512F.FusedMultiplyAdd(weight, Vector512.Load(at), a);
                    b = Avx512F.FusedMultiplyAdd(weight, Vector512.Load(at + 16), b);
                    c = Avx512F.FusedMultiplyAdd(weight, Vector512.Load(at + 32), c);
                    d = Avx512F.FusedMultiplyAdd(weight, Vector512.Load(at + 48), d);
                }

                Finish(a, low, high).Store(target + x);
                Finish(b, low, high).Store(target + x + 16);
                Finish(c, low, high).Store(target + x + 32);
                Finish(d, low, high).Store(target + x + 48);
            }

            for (; x < band.Width; x += 16)
            {
                x = Math.Min(x, band.Width - 16);
                Vector512<float> a = bias, b = default;
                var tap = 0;
                for (; tap < taps - 1; tap += 2)
                {
                    a = Avx512F.FusedMultiplyAdd(Vector512.Create(weights[tap]), Vector512.Load(source + offsets[tap] + x), a);
                    b = Avx512F.FusedMultiplyAdd(Vector512.Create(weights[tap + 1]), Vector512.Load(source + offsets[tap + 1] + x), b);
                }

                if (tap < taps)
                {
                    a = Avx512F.FusedMultiplyAdd(Vector512.Create(weights[tap]), Vector512.Load(source + offsets[tap] + x), a);
                }

                Finish(a + b, low, high).Store(target + x);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void RunNine(in DepthwiseBand band)
    {
        var (bias, low, high) = (Vector512.Create(band.Bias), Vector512.Create(band.Low), Vector512.Create(band.High));
        var offsets = band.Offsets;
        var weights = band.Weights;
        var (w0, w1, w2) = (Vector512.Create(weights[0]), Vector512.Create(weights[1]), Vector512.Create(weights[2]));
        var (w3, w4, w5) = (Vector512.Create(weights[3]), Vector512.Create(weights[4]), Vector512.Create(weights[5]));
        var (w6, w7, w8) = (Vector512.Create(weights[6]), Vector512.Create(weights[7]), Vector512.Create(weights[8]));
        var (o1, o2, o3, o4) = (offsets[1] - offsets[0], offsets[2] - offsets[0], offsets[3] - offsets[0], offsets[4] - offsets[0]);
        var (o5, o6, o7, o8) = (offsets[5] - offsets[0], offsets[6] - offsets[0], offsets[7] - offsets[0], offsets[8] - offsets[0]);
        for (var row = 0; row < band.Rows; row++)
        {
            var source = band.Source + offsets[0] + (row * band.SourcePitch);
            var target = band.Target + (row * band.TargetPitch);
            for (nint x = 0; x < band.Width; x += 16)
            {
                x = Math.Min(x, band.Width - 16);
                var at = source + x;
                var a = Avx512F.FusedMultiplyAdd(w0, Vector512.Load(at), bias);
                var b = w3 * Vector512.Load(at + o3);
                var c = w6 * Vector512.Load(at + o6);
                a = Avx512F.FusedMultiplyAdd(w1, Vector512.Load(at + o1), a);
                b = Avx512F.FusedMultiplyAdd(w4, Vector512.Load(at + o4), b);
                c = Avx512F.FusedMultiplyAdd(w7, Vector512.Load(at + o7), c);
                a = Avx512F.FusedMultiplyAdd(w2, Vector512.Load(at + o2), a);
                b = Avx512F.FusedMultiplyAdd(w5, Vector512.Load(at + o5), b);
                c = Avx512F.FusedMultiplyAdd(w8, Vector512.Load(at + o8), c);
                Finish(a + b + c, low, high).Store(target + x);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void RunNinePair(in DepthwiseBand band)
    {
        var (bias, low, high) = (Vector512.Create(band.Bias), Vector512.Create(band.Low), Vector512.Create(band.High));
        var offsets = band.Offsets;
        var weights = band.Weights;
        var (w0, w1, w2) = (Vector512.Create(weights[0]), Vector512.Create(weights[1]), Vector512.Create(weights[2]));
        var (w3, w4, w5) = (Vector512.Create(weights[3]), Vector512.Create(weights[4]), Vector512.Create(weights[5]));
        var (w6, w7, w8) = (Vector512.Create(weights[6]), Vector512.Create(weights[7]), Vector512.Create(weights[8]));
        var (second, third, pitch, rowFloats) = (offsets[1], offsets[2], band.SourcePitch, band.TargetPitch);
        var source = band.Source;
        var target = band.Target;
        for (var row = 0; row < band.Rows; row += 2, source += 2 * pitch, target += 2 * rowFloats)
        {
            for (nint x = 0; x < band.Width; x += 16)
            {
                x = Math.Min(x, band.Width - 16);
                var at = source + x;
                Vector512<float> a = bias, b = bias;
                var l0 = Vector512.Load(at);
                var m0 = Vector512.Load(at + second);
                var r0 = Vector512.Load(at + third);
                a = Avx512F.FusedMultiplyAdd(w0, l0, a);
                a = Avx512F.FusedMultiplyAdd(w1, m0, a);
                a = Avx512F.FusedMultiplyAdd(w2, r0, a);
                at += pitch;
                var l1 = Vector512.Load(at);
                var m1 = Vector512.Load(at + second);
                var r1 = Vector512.Load(at + third);
                a = Avx512F.FusedMultiplyAdd(w3, l1, a);
                b = Avx512F.FusedMultiplyAdd(w0, l1, b);
                a = Avx512F.FusedMultiplyAdd(w4, m1, a);
                b = Avx512F.FusedMultiplyAdd(w1, m1, b);
                a = Avx512F.FusedMultiplyAdd(w5, r1, a);
                b = Avx512F.FusedMultiplyAdd(w2, r1, b);
                at += pitch;
                var l2 = Vector512.Load(at);
                var m2 = Vector512.Load(at + second);
                var r2 = Vector512.Load(at + third);
                a = Avx512F.FusedMultiplyAdd(w6, l2, a);
                b = Avx512F.FusedMultiplyAdd(w3, l2, b);
                a = Avx512F.FusedMultiplyAdd(w7, m2, a);
                b = Avx512F.FusedMultiplyAdd(w4, m2, b);
                a = Avx512F.FusedMultiplyAdd(w8, r2, a);
                b = Avx512F.FusedMultiplyAdd(w5, r2, b);
                at += pitch;
                var l3 = Vector512.Load(at);
                var m3 = Vector512.Load(at + second);
                var r3 = Vector512.Load(at + third);
                b = Avx512F.FusedMultiplyAdd(w6, l3, b);
                b = Avx512F.FusedMultiplyAdd(w7, m3, b);
                b = Avx512F.FusedMultiplyAdd(w8, r3, b);
                Finish(a, low, high).Store(target + x);
                Finish(b, low, high).Store(target + x + rowFloats);
            }
        }
    }

    // The platform's maximum and minimum return their second operand when one is NaN on x86, NaN elsewhere: NaN passes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Finish(Vector512<float> value, Vector512<float> low, Vector512<float> high) =>
        Vector512.MinNative(high, Vector512.MaxNative(low, value));
}
