using System.Diagnostics;
using System.Numerics;

namespace Ovms.Server.Rest.Json;

/// <summary>Correctly rounded conversion of w × 10^q with one or two 64×64-bit multiplications.</summary>
/// <remarks>Source: Lemire 2021 (§5 algorithm, §8 ties) and Mushtak and Lemire, "Fast number parsing without fallback", 2022: with the
/// 128-bit table the result is always exact for a w of up to 64 bits, so there is no inconclusive case.</remarks>
internal static class EiselLemire
{
    /// <summary>Bits of the nearest value of <paramref name="format"/> without the sign; all-zero mantissa and
    /// <see cref="BinaryFormat.InfinitePower"/> for an overflow.</summary>
    public static ulong Convert(in BinaryFormat format, ulong w, int q)
    {
        if (w == 0 || q < format.SmallestPower)
        {
            return 0;
        }

        var infinity = (ulong)format.InfinitePower << format.MantissaBits;
        if (q > format.LargestPower)
        {
            return infinity;
        }

        var leadingZeros = BitOperations.LeadingZeroCount(w);
        w <<= leadingZeros;
        Multiply(format.MantissaBits + 3, w, q, out var high, out var low);
        var upperBit = (int)(high >> 63);
        var shift = upperBit + 64 - format.MantissaBits - 3;
        var mantissa = high >> shift;
        var exponent = (((152170 + 65536) * q) >> 16) + 63 + upperBit - leadingZeros - format.MinimumExponent;
        if (exponent <= 0)
        {
            return Subnormal(format, mantissa, exponent);
        }

        if (low <= 1 && q >= format.TieMin && q <= format.TieMax && (mantissa & 3) == 1 && mantissa << shift == high)
        {
            // Exactly between two values: to even.
            mantissa &= ~1UL;
        }

        mantissa += mantissa & 1;
        mantissa >>= 1;
        if (mantissa >= 2UL << format.MantissaBits)
        {
            mantissa = 1UL << format.MantissaBits;
            exponent++;
        }

        return exponent >= format.InfinitePower
            ? infinity
            : (mantissa & ~(1UL << format.MantissaBits)) | ((ulong)exponent << format.MantissaBits);
    }

    private static ulong Subnormal(in BinaryFormat format, ulong mantissa, int exponent)
    {
        if (-exponent + 1 >= 64)
        {
            return 0;
        }

        mantissa >>= -exponent + 1;
        mantissa += mantissa & 1;

        // Rounding up may give the smallest normal value; its exponent field is then 1, which is the carry itself.
        return mantissa >> 1;
    }

    private static void Multiply(int precision, ulong w, int q, out ulong high, out ulong low)
    {
        Debug.Assert(precision < 64, "a format of at most 60 mantissa bits");
        var table = PowersOfFive.Table;
        var index = 2 * (q - PowersOfFive.Smallest);
        high = Math.BigMul(w, table[index], out low);
        var mask = ulong.MaxValue >> precision;
        if ((high & mask) == mask)
        {
            var second = Math.BigMul(w, table[index + 1], out _);
            low += second;
            if (second > low)
            {
                high++;
            }
        }
    }
}
