using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Ovms.Server.Rest.Json;

/// <summary>Scans the common numbers, eight digits at a time.</summary>
/// <remarks>Takes up to 8 integer digits, 16 fraction digits and 3 exponent digits; whatever is longer, wrong or too near to the end of the
/// buffer is left to <see cref="NumberAccumulator"/>. Eight digits are converted by three multiplications within a register (SWAR).</remarks>
internal static class NumberScanner
{
    /// <summary>Bytes that must be readable behind the start of a number: sign, 8 digits, point, two words, exponent and delimiter.</summary>
    public const int Window = 40;

    private const ulong Zeros = 0x3030303030303030;

    private static readonly ulong[] s_powers = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    /// <summary>Scans the number at the start of <paramref name="window"/>.</summary>
    /// <param name="window">At least <see cref="Window"/> bytes.</param>
    /// <param name="mantissa">All digits as an integer.</param>
    /// <param name="exponent">Power of ten.</param>
    /// <param name="negative">A minus sign was there.</param>
    /// <param name="isInteger">No fraction and no exponent was there.</param>
    /// <returns>Length, or 0 when the number is not one of the common ones.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Scan(ReadOnlySpan<byte> window, out ulong mantissa, out int exponent, out bool negative, out bool isInteger)
    {
        mantissa = 0;
        exponent = 0;
        negative = window[0] == '-';
        isInteger = true;
        var at = negative ? 1 : 0;
        if (window[at + 1] == '.')
        {
            mantissa = (uint)(window[at] - '0');
            if (mantissa > 9)
            {
                return 0;
            }

            at++;
        }
        else
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(window[at..]);
            var digits = CountDigits(word);
            if ((uint)(digits - 1) >= 7 || (digits > 1 && window[at] == '0'))
            {
                return 0;
            }

            mantissa = Convert(word, digits);
            at += digits;
            if (window[at] != '.')
            {
                return (window[at] | 0x20) == 'e' ? ScanExponent(window, at, ref exponent, ref isInteger) : at;
            }
        }

        isInteger = false;
        at++;
        var fraction = BinaryPrimitives.ReadUInt64LittleEndian(window[at..]);
        var count = CountDigits(fraction);
        if (count == 8)
        {
            mantissa = (mantissa * 100_000_000) + Convert(fraction);
            at += 8;
            exponent = -8;
            fraction = BinaryPrimitives.ReadUInt64LittleEndian(window[at..]);
            count = CountDigits(fraction);
            if (count == 8)
            {
                return 0;
            }
        }
        else if (count == 0)
        {
            return 0;
        }

        if (count != 0)
        {
            mantissa = (mantissa * s_powers[count]) + Convert(fraction, count);
            at += count;
            exponent -= count;
        }

        return (window[at] | 0x20) == 'e' ? ScanExponent(window, at, ref exponent, ref isInteger) : at;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ScanExponent(ReadOnlySpan<byte> window, int at, ref int exponent, ref bool isInteger)
    {
        isInteger = false;
        at++;
        var negative = window[at] == '-';
        if (negative || window[at] == '+')
        {
            at++;
        }

        var first = at;
        var value = 0;
        while (at < first + 4)
        {
            var digit = (uint)(window[at] - '0');
            if (digit > 9)
            {
                exponent += negative ? -value : value;
                return at == first ? 0 : at;
            }

            value = (value * 10) + (int)digit;
            at++;
        }

        return 0;
    }

    // Number of leading (lowest-addressed) bytes that are digits.
    private static int CountDigits(ulong word)
    {
        // Digits become 0…9; adding 0x76 sets the top bit of anything else. Carries reach only bytes behind the first other one.
        var values = word ^ Zeros;
        var others = ((values + 0x7676767676767676) | values) & 0x8080808080808080;
        return BitOperations.TrailingZeroCount(others) >> 3;
    }

    private static ulong Convert(ulong word, int digits) => ConvertValues((word ^ Zeros) << (64 - (8 * digits)));

    private static ulong Convert(ulong word) => ConvertValues(word ^ Zeros);

    private static ulong ConvertValues(ulong values)
    {
        values = (values * 10) + (values >> 8);
        return (((values & 0x000000FF000000FF) * 0x000F424000000064) + (((values >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32;
    }
}
