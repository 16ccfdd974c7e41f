using System.Runtime.Intrinsics;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>Elementary functions on eight f32 values at once, within about two units in the last place unless stated.</summary>
/// <remarks>One width, 256 bits: it is native with AVX2 and with AVX-512, and two NEON registers elsewhere.</remarks>
internal static class VectorMath
{
    private static Vector256<float> All(float value) => Vector256.Create(value);

    /// <summary>a·b + c.</summary>
    public static Vector256<float> Fma(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.MultiplyAddEstimate(a, b, c);

    /// <summary>e^x: overflows to +inf, underflows through the denormals to 0, keeps NaN.</summary>
    public static Vector256<float> Exp(Vector256<float> x)
    {
        // The bounds are where the result is +inf and 0 for certain. Native minimum and maximum return their second operand for NaN.
        x = Vector256.MinNative(All(89f), Vector256.MaxNative(All(-104f), x));
        var n = Vector256.Round(x * All(1.44269504f));

        // ln 2 in two parts: the first has trailing zeros, so that n times it is exact.
        var r = Fma(n, All(-0.693359375f), x);
        r = Fma(n, All(2.12194440e-4f), r);

        // Minimax polynomial for e^r on [-ln2/2, ln2/2] (Cephes).
        var p = Fma(All(1.9875691500e-4f), r, All(1.3981999507e-3f));
        p = Fma(p, r, All(8.3334519073e-3f));
        p = Fma(p, r, All(4.1665795894e-2f));
        p = Fma(p, r, All(1.6666665459e-1f));
        p = Fma(p, r, All(5.0000001201e-1f));
        p = Fma(p, r * r, r) + Vector256<float>.One;

        // 2^n in two factors: n reaches 128 and -150, beyond one exponent field.
        var exponent = Vector256.ConvertToInt32(n);
        var half = exponent >> 1;
        return p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>e^x − 1 without cancellation near zero.</summary>
    public static Vector256<float> Expm1(Vector256<float> x)
    {
        var p = Fma(All(1f / 5040), x, All(1f / 720));
        p = Fma(p, x, All(1f / 120));
        p = Fma(p, x, All(1f / 24));
        p = Fma(p, x, All(1f / 6));
        p = Fma(p, x, All(0.5f));
        var near = Fma(p * x, x, x);
        return Vector256.ConditionalSelect(Vector256.LessThan(Vector256.Abs(x), All(0.3f)), near, Exp(x) - Vector256<float>.One);
    }

    /// <summary>ln(1 + x) for x ≥ 0, relative precision kept for small x.</summary>
    public static Vector256<float> Log1p(Vector256<float> x)
    {
        // ln(u)·x/(u−1) repairs the rounding of u = 1 + x.
        var u = x + Vector256<float>.One;
        var rounded = u - Vector256<float>.One;
        var corrected = Vector256.Log(u) * (x / rounded);
        return Vector256.ConditionalSelect(Vector256.Equals(rounded, Vector256<float>.Zero), x, corrected);
    }

    /// <summary>1 / (1 + e^−x).</summary>
    public static Vector256<float> Sigmoid(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Exp(-x));

    /// <summary>Hyperbolic tangent.</summary>
    public static Vector256<float> Tanh(Vector256<float> x)
    {
        // Small arguments by an odd polynomial (Cephes), others by 1 − 2/(e^2x + 1).
        var z = x * x;
        var p = Fma(All(-5.70498872745e-3f), z, All(2.06390887954e-2f));
        p = Fma(p, z, All(-5.37397155531e-2f));
        p = Fma(p, z, All(1.33314422036e-1f));
        p = Fma(p, z, All(-3.33332819422e-1f));
        var near = Fma(p * z, x, x);
        var far = Vector256<float>.One - (All(2f) / (Exp(x + x) + Vector256<float>.One));
        return Vector256.ConditionalSelect(Vector256.LessThan(Vector256.Abs(x), All(0.625f)), near, far);
    }

    /// <summary>Error function.</summary>
    public static Vector256<float> Erf(Vector256<float> x)
    {
        var t = Vector256.Abs(x);
        var s = x * x;

        // |x| > 0.9277: 1 − e^q(|x|) with a minimax q; below: an odd polynomial.
        var r = Fma(All(-1.72853470e-5f), t, All(3.83197126e-4f));
        var u = Fma(All(-3.88396438e-3f), t, All(2.42546219e-2f));
        r = Fma(r, s, u);
        r = Fma(r, t, All(-1.06777877e-1f));
        r = Fma(r, t, All(-6.34846687e-1f));
        r = Fma(r, t, All(-1.28717512e-1f));
        r = Fma(r, t, -t);
        var far = Vector256.CopySign(Vector256<float>.One - Exp(r), x);

        var p = Fma(All(-5.96761703e-4f), s, All(4.99119423e-3f));
        p = Fma(p, s, All(-2.67681349e-2f));
        p = Fma(p, s, All(1.12819925e-1f));
        p = Fma(p, s, All(-3.76125336e-1f));
        p = Fma(p, s, All(1.28379166e-1f));
        var near = Fma(p, x, x);

        // Infinite arguments overflow both polynomials; the comparison with 10 (erf(10) = 1 in f32) keeps NaN out of the result for them.
        var one = Vector256.CopySign(Vector256<float>.One, x);
        var result = Vector256.ConditionalSelect(Vector256.GreaterThan(t, All(0.927734375f)), far, near);
        return Vector256.ConditionalSelect(Vector256.GreaterThan(t, All(10f)), one, result);
    }

    private static Vector256<float> PowerOfTwo(Vector256<int> exponent) => ((exponent + Vector256.Create(127)) << 23).AsSingle();
}
