using System.Numerics;

namespace Ovms.Server.Rest.Json;

/// <summary>Exact comparison of a decimal with a dyadic number: decides what 19 digits cannot.</summary>
/// <remarks>Arbitrary precision and allocating; reached only by numbers of 20 and more digits that lie next to a rounding boundary.</remarks>
internal static class ExactDecimal
{
    private const int ChunkDigits = 18;
    private const long ChunkFactor = 1_000_000_000_000_000_000;

    /// <summary>Compares digits × 10^<paramref name="exponent10"/> with <paramref name="mantissa"/> × 2^<paramref name="exponent2"/>.</summary>
    /// <param name="digits">Values 0 to 9, most significant first.</param>
    public static int Compare(ReadOnlySpan<byte> digits, int exponent10, ulong mantissa, int exponent2)
    {
        var left = ToInteger(digits);
        var right = new BigInteger(mantissa);
        if (exponent10 >= 0)
        {
            left *= BigInteger.Pow(10, exponent10);
        }
        else
        {
            right *= BigInteger.Pow(10, -exponent10);
        }

        if (exponent2 >= 0)
        {
            right <<= exponent2;
        }
        else
        {
            left <<= -exponent2;
        }

        return left.CompareTo(right);
    }

    private static BigInteger ToInteger(ReadOnlySpan<byte> digits)
    {
        var value = BigInteger.Zero;
        while (digits.Length >= ChunkDigits)
        {
            value = (value * ChunkFactor) + Small(digits[..ChunkDigits]);
            digits = digits[ChunkDigits..];
        }

        return (value * BigInteger.Pow(10, digits.Length)) + Small(digits);
    }

    private static long Small(ReadOnlySpan<byte> digits)
    {
        long value = 0;
        foreach (var digit in digits)
        {
            value = (value * 10) + digit;
        }

        return value;
    }
}
