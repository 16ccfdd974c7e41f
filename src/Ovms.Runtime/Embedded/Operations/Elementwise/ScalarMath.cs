namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>Elementary functions in f64 that the class library does not have.</summary>
internal static class ScalarMath
{
    private const double TwoOverRootPi = 1.1283791670955126;

    /// <summary>Error function, within a few units in the last place.</summary>
    public static double Erf(double x)
    {
        var magnitude = Math.Abs(x);
        if (double.IsNaN(x) || magnitude < 3)
        {
            // e^−x² Σ 2^n x^(2n+1) / (2n+1)!!: all terms have one sign, so nothing cancels.
            var term = x;
            var sum = x;
            for (var n = 1; n < 200 && Math.Abs(term) > Math.Abs(sum) * 1e-17; n++)
            {
                term *= 2 * x * x / ((2 * n) + 1);
                sum += term;
            }

            return TwoOverRootPi * Math.Exp(-x * x) * sum;
        }

        return Math.CopySign(1 - Erfc(magnitude), x);
    }

    /// <summary>ln(1 + x) for x ≥ 0, relative precision kept for small x.</summary>
    public static double Log1p(double x)
    {
        // ln(u)·x/(u−1) repairs the rounding of u = 1 + x.
        var u = 1 + x;
        return u == 1 ? x : Math.Log(u) * (x / (u - 1));
    }

    /// <summary>Inverse of <see cref="Erf"/>: ±inf at ±1, NaN beyond.</summary>
    public static double ErfInv(double y)
    {
        var magnitude = Math.Abs(y);
        if (!(magnitude < 1))
        {
            return magnitude == 1 ? Math.CopySign(double.PositiveInfinity, y) : double.NaN;
        }

        // Winitzki's closed form is good to 2e-3; Halley steps triple the digits.
        const double A = 0.147;
        var log = Math.Log((1 - magnitude) * (1 + magnitude));
        var half = (2 / (Math.PI * A)) + (log / 2);
        var x = Math.Sqrt(Math.Sqrt((half * half) - (log / A)) - half);
        for (var i = 0; i < 3 && x > 0; i++)
        {
            // Far out the complement keeps the digits that erf − y would lose.
            var error = x < 3 ? Erf(x) - magnitude : 1 - magnitude - Erfc(x);
            var step = error / (TwoOverRootPi * Math.Exp(-x * x));
            x -= step / (1 + (x * step));
        }

        return Math.CopySign(x, y);
    }

    private static double Erfc(double x)
    {
        if (x > 27)
        {
            return 0;
        }

        if (x < 1)
        {
            return 1 - Erf(x);
        }

        // Continued fraction evaluated from the back; 100 levels suffice from x = 1 on to 1e-15.
        var fraction = x;
        for (var n = 100; n > 0; n--)
        {
            fraction = x + (n / 2.0 / fraction);
        }

        return Math.Exp(-x * x) / (fraction * 1.7724538509055160);
    }
}
