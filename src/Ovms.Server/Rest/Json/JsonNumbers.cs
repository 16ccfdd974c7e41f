using System.Diagnostics;

namespace Ovms.Server.Rest.Json;

/// <summary>Conversions of <see cref="JsonNumber"/>, each correctly rounded (ties to even).</summary>
internal static class JsonNumbers
{
    private const int MaxExactPower = 22;
    private const ulong MaxExactInteger = 1UL << 53;

    /// <summary>Powers of ten that double holds exactly.</summary>
    public static ReadOnlySpan<double> ExactPowersOfTen =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>As double; infinite when the number is too large.</summary>
    public static double ToDouble(in JsonNumber number)
    {
        if (number.Kind != JsonNumberKind.Finite)
        {
            return Special(number);
        }

        double value;
        if (!number.IsTruncated && number.Mantissa <= MaxExactInteger && number.Exponent is >= -MaxExactPower and <= MaxExactPower)
        {
            // W. Clinger, 1990: both operands exact, so the one operation rounds correctly.
            value = number.Exponent < 0
                ? number.Mantissa / ExactPowersOfTen[-number.Exponent]
                : number.Mantissa * ExactPowersOfTen[number.Exponent];
        }
        else
        {
            value = BitConverter.UInt64BitsToDouble(ToBits(BinaryFormat.Double, number));
        }

        return number.IsNegative ? -value : value;
    }

    /// <summary>As float; infinite when the number is too large.</summary>
    public static float ToSingle(in JsonNumber number)
    {
        if (number.Kind != JsonNumberKind.Finite)
        {
            return (float)Special(number);
        }

        var value = BitConverter.UInt32BitsToSingle((uint)ToBits(BinaryFormat.Single, number));
        return number.IsNegative ? -value : value;
    }

    /// <summary>Bits of the nearest binary16 value; infinite when the number is too large.</summary>
    public static ushort ToHalfBits(in JsonNumber number)
    {
        var value = ToDouble(number);
        var rounded = (Half)value;
        return IsFiniteInexact(number, value)
            ? (ushort)Adjust(number, value, BitConverter.HalfToUInt16Bits(rounded), mantissaBits: 10, bias: 15)
            : BitConverter.HalfToUInt16Bits(rounded);
    }

    /// <summary>Bits of the nearest bfloat16 value; infinite when the number is too large.</summary>
    public static ushort ToBFloat16Bits(in JsonNumber number)
    {
        var value = ToDouble(number);
        if (double.IsNaN(value))
        {
            return 0x7FC0;
        }

        // float → bfloat16 after double → float would round twice; so round to odd first, which keeps what the second rounding needs.
        var single = RoundToOdd(value);
        var bits = BitConverter.SingleToUInt32Bits(single);
        var rounded = float.IsInfinity(single) ? bits >> 16 : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        return IsFiniteInexact(number, value)
            ? (ushort)Adjust(number, value, rounded, mantissaBits: 7, bias: 127)
            : (ushort)rounded;
    }

    /// <summary>As a signed integer: fractions are cut off as C++ does (W§3.3).</summary>
    /// <returns>False when the value is not in the range of 64 bits, or not a number.</returns>
    public static bool TryToInt64(in JsonNumber number, out long value)
    {
        value = 0;
        if (number.Kind != JsonNumberKind.Finite)
        {
            return false;
        }

        if (number.IsInteger && number.Exponent == 0 && !number.IsTruncated)
        {
            var limit = number.IsNegative ? 1UL << 63 : long.MaxValue;
            value = number.IsNegative ? -(long)number.Mantissa : (long)number.Mantissa;
            return number.Mantissa <= limit;
        }

        var real = Math.Truncate(ToDouble(number));
        if (real is < -9223372036854775808.0 or >= 9223372036854775808.0)
        {
            return false;
        }

        value = (long)real;
        return true;
    }

    /// <summary>As an unsigned integer; see <see cref="TryToInt64"/>. A negative fraction above −1 is 0.</summary>
    public static bool TryToUInt64(in JsonNumber number, out ulong value)
    {
        value = 0;
        if (number.Kind != JsonNumberKind.Finite)
        {
            return false;
        }

        if (number.IsInteger && number.Exponent == 0 && !number.IsTruncated)
        {
            value = number.Mantissa;
            return !number.IsNegative || value == 0;
        }

        var real = Math.Truncate(ToDouble(number));
        if (real is < 0 or >= 18446744073709551616.0)
        {
            return false;
        }

        value = (ulong)real;
        return true;
    }

    private static double Special(in JsonNumber number) =>
        number.Kind == JsonNumberKind.NaN ? double.NaN : number.IsNegative ? double.NegativeInfinity : double.PositiveInfinity;

    private static ulong ToBits(in BinaryFormat format, in JsonNumber number)
    {
        var lower = EiselLemire.Convert(format, number.Mantissa, number.Exponent);
        if (!number.IsTruncated)
        {
            return lower;
        }

        // The number lies above w and below w + 1: mostly both round to the same value.
        var upper = number.Mantissa == ulong.MaxValue ? lower + 1 : EiselLemire.Convert(format, number.Mantissa + 1, number.Exponent);
        if (lower == upper)
        {
            return lower;
        }

        Debug.Assert(upper == lower + 1, "19 digits are finer than the format");
        return lower + RoundUp(number.Digits, number.DigitsExponent, lower, format.MantissaBits, -format.MinimumExponent);
    }

    // 1 when the number lies above the middle between the value with these bits and the next one, or on it and the bits are odd.
    private static ulong RoundUp(scoped ReadOnlySpan<byte> digits, int digitsExponent, ulong bits, int mantissaBits, int bias)
    {
        var field = (int)(bits >> mantissaBits);
        var mantissa = bits & ((1UL << mantissaBits) - 1);
        if (field != 0)
        {
            mantissa |= 1UL << mantissaBits;
        }

        var exponent2 = Math.Max(field, 1) - bias - mantissaBits;
        var order = ExactDecimal.Compare(digits, digitsExponent, (2 * mantissa) + 1, exponent2 - 1);
        return order > 0 || (order == 0 && (bits & 1) != 0) ? 1UL : 0;
    }

    // Only numbers whose double is a rounded one can be misjudged by a second rounding.
    private static bool IsFiniteInexact(in JsonNumber number, double value) =>
        number.Kind == JsonNumberKind.Finite && !double.IsInfinity(value)
            && (number.IsTruncated || number.Mantissa > MaxExactInteger || number.Exponent is < 0 or > MaxExactPower);

    // Corrects a narrow value obtained from the double: differs only where the double lies exactly in the middle of two narrow values.
    private static uint Adjust(in JsonNumber number, double value, uint narrow, int mantissaBits, int bias)
    {
        var sign = narrow & 0x8000;
        var bits = narrow & 0x7FFF;
        var magnitude = Math.Abs(value);

        // The lower of the two neighbours: the narrow value itself, or the one below when it was rounded up.
        var lower = bits == 0 || NarrowToDouble(bits, mantissaBits, bias) <= magnitude ? bits : bits - 1;
        var middle = (NarrowToDouble(lower, mantissaBits, bias) + NarrowToDouble(lower + 1, mantissaBits, bias)) / 2;
        if (magnitude != middle)
        {
            return narrow;
        }

        if (number.IsTruncated)
        {
            return sign | (lower + (uint)RoundUp(number.Digits, number.DigitsExponent, lower, mantissaBits, bias));
        }

        Span<byte> digits = stackalloc byte[20];
        var count = WriteDigits(number.Mantissa, digits);
        return sign | (lower + (uint)RoundUp(digits[..count], number.Exponent, lower, mantissaBits, bias));
    }

    private static double NarrowToDouble(uint bits, int mantissaBits, int bias)
    {
        var field = (int)(bits >> mantissaBits);
        var mantissa = bits & ((1u << mantissaBits) - 1);
        if (field != 0)
        {
            mantissa |= 1u << mantissaBits;
        }

        // The infinite value continues the scale here, so that the largest finite value has a middle too.
        return Math.ScaleB(mantissa, Math.Max(field, 1) - bias - mantissaBits);
    }

    private static int WriteDigits(ulong value, Span<byte> digits)
    {
        var count = 0;
        for (var rest = value; rest != 0; rest /= 10)
        {
            count++;
        }

        for (var i = count - 1; i >= 0; i--, value /= 10)
        {
            digits[i] = (byte)(value % 10);
        }

        return count;
    }

    private static float RoundToOdd(double value)
    {
        var single = (float)value;
        if (single == value || float.IsInfinity(single))
        {
            return single;
        }

        var bits = BitConverter.SingleToUInt32Bits(single);
        if (Math.Abs((double)single) > Math.Abs(value))
        {
            bits--;
        }

        return BitConverter.UInt32BitsToSingle(bits | 1);
    }
}
