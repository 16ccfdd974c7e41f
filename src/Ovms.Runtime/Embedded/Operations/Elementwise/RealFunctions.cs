using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>Functions without parameters (IR sheet §13.2, §13.3).</summary>
internal static class RealFunctions
{
    internal readonly struct Exp : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => Math.Exp(x);

        public Vector256<float> Invoke(Vector256<float> x) => VectorMath.Exp(x);
    }

    internal readonly struct Log : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => Math.Log(x);

        public Vector256<float> Invoke(Vector256<float> x) => Vector256.Log(x);
    }

    internal readonly struct Sqrt : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => Math.Sqrt(x);

        public Vector256<float> Invoke(Vector256<float> x) => Vector256.Sqrt(x);
    }

    internal readonly struct Erf : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => ScalarMath.Erf(x);

        public Vector256<float> Invoke(Vector256<float> x) => VectorMath.Erf(x);
    }

    internal readonly struct Sin : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => Math.Sin(x);

        public Vector256<float> Invoke(Vector256<float> x) => Vector256.Sin(x);
    }

    internal readonly struct Cos : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => Math.Cos(x);

        public Vector256<float> Invoke(Vector256<float> x) => Vector256.Cos(x);
    }

    internal readonly struct Tanh : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => Math.Tanh(x);

        public Vector256<float> Invoke(Vector256<float> x) => VectorMath.Tanh(x);
    }

    internal readonly struct Sigmoid : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => 1 / (1 + Math.Exp(-x));

        public Vector256<float> Invoke(Vector256<float> x) => VectorMath.Sigmoid(x);
    }

    internal readonly struct Floor : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => Math.Floor(x);

        public Vector256<float> Invoke(Vector256<float> x) => Vector256.Floor(x);
    }

    internal readonly struct Ceiling : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => Math.Ceiling(x);

        public Vector256<float> Invoke(Vector256<float> x) => Vector256.Ceiling(x);
    }

    internal readonly struct RoundToEven : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => Math.Round(x, MidpointRounding.ToEven);

        public Vector256<float> Invoke(Vector256<float> x) => Vector256.Round(x);
    }

    internal readonly struct RoundAwayFromZero : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => Math.Round(x, MidpointRounding.AwayFromZero);

        // Truncate and look at what was cut off: adding one half first would round 0.49999997 up.
        public Vector256<float> Invoke(Vector256<float> x)
        {
            var truncated = Vector256.Truncate(x);
            var cut = Vector256.Abs(x - truncated);
            var one = Vector256.CopySign(Vector256<float>.One, x);
            return Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(cut, Vector256.Create(0.5f)), truncated + one, truncated);
        }
    }

    internal readonly struct HSwish : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => x * HSigmoid.Of(x);

        // The factor is made first: x times the sum would overflow near the largest values.
        public Vector256<float> Invoke(Vector256<float> x) => x * HSigmoid.Of(x);
    }

    internal readonly struct HSigmoid : IRealFunction
    {
        public bool IsVectorized => true;

        public static double Of(double x) => double.IsNaN(x) ? x : Math.Min(Math.Max(x + 3, 0), 6) / 6;

        // Native minimum and maximum return their second operand for NaN: it is kept.
        public static Vector256<float> Of(Vector256<float> x) =>
            Vector256.MinNative(
                Vector256.Create(6f), Vector256.MaxNative(Vector256<float>.Zero, x + Vector256.Create(3f))) / Vector256.Create(6f);

        public double Invoke(double x) => Of(x);

        public Vector256<float> Invoke(Vector256<float> x) => Of(x);
    }

    internal readonly struct SoftPlus : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => Math.Max(x, 0) + ScalarMath.Log1p(Math.Exp(-Math.Abs(x)));

        // max(x, 0) + ln(1 + e^−|x|) is ln(1 + e^x) without overflow. From the threshold of 20 on it is x in f32 anyway.
        public Vector256<float> Invoke(Vector256<float> x) =>
            Vector256.MaxNative(Vector256<float>.Zero, x) + VectorMath.Log1p(VectorMath.Exp(-Vector256.Abs(x)));
    }

    internal readonly struct Mish : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => x * Math.Tanh(default(SoftPlus).Invoke(x));

        // tanh(ln(1 + e)) = e(e + 2) / (e(e + 2) + 2) with e = e^x; above 20 the quotient is 1 and e² must not overflow.
        public Vector256<float> Invoke(Vector256<float> x)
        {
            var e = VectorMath.Exp(Vector256.MinNative(Vector256.Create(20f), x));
            var n = e * (e + Vector256.Create(2f));
            return x * (n / (n + Vector256.Create(2f)));
        }
    }

    internal readonly struct SoftSign : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => x / (1 + Math.Abs(x));

        public Vector256<float> Invoke(Vector256<float> x) => x / (Vector256<float>.One + Vector256.Abs(x));
    }

    internal readonly struct GeluErf : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => 0.5 * x * (1 + ScalarMath.Erf(x * 0.70710678118654752));

        public Vector256<float> Invoke(Vector256<float> x) =>
            Vector256.Create(0.5f) * x * (Vector256<float>.One + VectorMath.Erf(x * Vector256.Create(0.70710678f)));
    }

    internal readonly struct GeluTanh : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => 0.5 * x * (1 + Math.Tanh(0.79788456080286536 * (x + (0.044715 * x * x * x))));

        public Vector256<float> Invoke(Vector256<float> x)
        {
            var inner = Vector256.Create(0.7978846f) * (x + (Vector256.Create(0.044715f) * x * x * x));
            return Vector256.Create(0.5f) * x * (Vector256<float>.One + VectorMath.Tanh(inner));
        }
    }

    /// <summary>The functions that the class library computes in f64 only; none is hot.</summary>
    internal readonly struct Rare(RareFunction function) : IRealFunction
    {
        public bool IsVectorized => false;

        public double Invoke(double x) => function switch
        {
            RareFunction.Tan => Math.Tan(x),
            RareFunction.Asin => Math.Asin(x),
            RareFunction.Acos => Math.Acos(x),
            RareFunction.Atan => Math.Atan(x),
            RareFunction.Sinh => Math.Sinh(x),
            RareFunction.Cosh => Math.Cosh(x),
            RareFunction.Asinh => Math.Asinh(x),
            RareFunction.Acosh => Math.Acosh(x),
            RareFunction.Atanh => Math.Atanh(x),
            _ => ScalarMath.ErfInv(x),
        };

        public Vector256<float> Invoke(Vector256<float> x) => throw new UnreachableException();
    }
}

/// <summary>Functions of <see cref="RealFunctions.Rare"/>.</summary>
internal enum RareFunction
{
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Asinh,
    Acosh,
    Atanh,
    ErfInv,
}
