using System.Runtime.Intrinsics;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>x &gt; 0 ? x·scale : alpha·scale·(e^x − 1): Elu, Selu.</summary>
internal readonly struct EluFunction(double alpha, double scale) : IRealFunction
{
    public bool IsVectorized => true;

    public double Invoke(double x) => scale * (x > 0 ? x : alpha * (double.Abs(x) < 1e-5 ? x + (x * x / 2) : Math.Exp(x) - 1));

    public Vector256<float> Invoke(Vector256<float> x)
    {
        var negative = Vector256.Create((float)alpha) * VectorMath.Expm1(x);
        return Vector256.Create((float)scale)
            * Vector256.ConditionalSelect(Vector256.GreaterThan(x, Vector256<float>.Zero), x, negative);
    }
}

/// <summary>x · sigmoid(beta·x).</summary>
internal readonly struct SwishFunction(double beta) : IRealFunction
{
    public bool IsVectorized => true;

    public double Invoke(double x) => x / (1 + Math.Exp(-beta * x));

    public Vector256<float> Invoke(Vector256<float> x) => x * VectorMath.Sigmoid(x * Vector256.Create((float)beta));
}

/// <summary>max(0, min(1, alpha·x + beta)); a NaN becomes 1, as std::min leaves it.</summary>
internal readonly struct HardSigmoidFunction(double alpha, double beta) : IRealFunction
{
    public bool IsVectorized => true;

    public double Invoke(double x)
    {
        var line = (alpha * x) + beta;
        return line < 1 ? Math.Max(line, 0) : 1;
    }

    public Vector256<float> Invoke(Vector256<float> x)
    {
        var line = (Vector256.Create((float)alpha) * x) + Vector256.Create((float)beta);
        var one = Vector256<float>.One;
        return Vector256.Max(Vector256.ConditionalSelect(Vector256.LessThan(line, one), line, one), Vector256<float>.Zero);
    }
}
