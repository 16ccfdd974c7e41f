using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ovms.Server.Rest.Json;

/// <summary>Scans the common numbers without a branch that depends on how many digits they have.</summary>
/// <remarks>
/// Takes up to 7 integer digits, 19 fraction digits (together 19) and 3 exponent digits; whatever is longer, wrong or too near to the end of the
/// buffer is left to <see cref="NumberAccumulator"/>. Sixteen bytes behind the point are loaded at once, the digits among them counted, moved to
/// the vector's end and converted there in four steps: shortest floats have seven to nine digits at random, and a mispredicted
/// branch costs more than all of that.
/// </remarks>
internal static class NumberScanner
{
    /// <summary>Bytes that must be readable behind the start of a number: sign, 7 digits, point, 19 digits, exponent and delimiter.</summary>
    public const int Window = 40;

    private const int MaxDigits = 19;
    private const int VectorDigits = 16;
    private const ulong Zeros = 0x3030303030303030;

    private static ReadOnlySpan<ulong> Powers =>
    [
        1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000,
        1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000,
    ];

    // Sixteen bytes from position n on move the first n bytes of a vector to its end and clear the rest: 0x80 selects nothing.
    private static ReadOnlySpan<byte> Moves =>
    [
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ];

    /// <summary>Scans the number at the start of <paramref name="window"/>.</summary>
    /// <param name="window">At least <see cref="Window"/> bytes.</param>
    /// <param name="mantissa">All digits as an integer.</param>
    /// <param name="exponent">Power of ten.</param>
    /// <param name="negative">1 when a minus sign was there, else 0.</param>
    /// <param name="isInteger">No fraction and no exponent was there.</param>
    /// <returns>Length, or 0 when the number is not one of the common ones.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Scan(ReadOnlySpan<byte> window, out ulong mantissa, out int exponent, out int negative, out bool isInteger)
    {
        exponent = 0;
        negative = window[0] == '-' ? 1 : 0;
        isInteger = true;
        var at = negative;
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
                mantissa = 0;
                return 0;
            }

            mantissa = ConvertValues((word ^ Zeros) << (64 - (8 * digits)));
            at += digits;
            if (window[at] != '.')
            {
                if ((window[at] | 0x20) == 'e')
                {
                    isInteger = false;
                    return AddExponent(window, at, ref exponent);
                }

                return at;
            }
        }

        isInteger = false;
        at++;
        var fraction = Vector128.Create(window.Slice(at, VectorDigits)) - Vector128.Create((byte)'0');
        var others = Vector128.GreaterThan(fraction, Vector128.Create((byte)9)).ExtractMostSignificantBits();
        var count = BitOperations.TrailingZeroCount(others | (1u << VectorDigits));
        var values = Vector128.ShuffleNative(fraction, Vector128.Create(Moves.Slice(count, VectorDigits)));
        var whole = mantissa;
        mantissa = (whole * Powers[count]) + ConvertValues(values);
        exponent = -count;
        at += count;
        if (count == 0)
        {
            return 0;
        }

        if (count == VectorDigits || whole > 999)
        {
            // Doubles that a client printed as they are have 16 to 19 digits. Copies, since what is passed by reference lives in memory.
            var (longMantissa, longExponent) = (mantissa, exponent);
            at = ScanLong(window, at, whole, ref longMantissa, ref longExponent);
            (mantissa, exponent) = (longMantissa, longExponent);
        }

        return (window[at] | 0x20) == 'e' ? AddExponent(window, at, ref exponent) : at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int AddExponent(ReadOnlySpan<byte> window, int at, ref int exponent)
    {
        var length = ScanExponent(window, at, out var added);
        exponent += added;
        return length;
    }

    // Goes on behind sixteen digits, as long as all of them fit into 64 bits; 0 when they do not.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ScanLong(ReadOnlySpan<byte> window, int at, ulong whole, ref ulong mantissa, ref int exponent)
    {
        var digits = -exponent;
        for (var rest = whole; rest != 0; rest /= 10)
        {
            digits++;
        }

        if (digits > MaxDigits)
        {
            return 0;
        }

        if (exponent != -VectorDigits)
        {
            return at;
        }

        while ((uint)(window[at] - '0') is <= 9 and var digit)
        {
            if (digits++ == MaxDigits)
            {
                return 0;
            }

            mantissa = (mantissa * 10) + digit;
            exponent--;
            at++;
        }

        return at;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int ScanExponent(ReadOnlySpan<byte> window, int at, out int exponent)
    {
        exponent = 0;
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
                exponent = negative ? -value : value;
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

    // Sixteen digits, the first one in the lowest byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ConvertValues(Vector128<byte> values)
    {
        if (Sse41.IsSupported)
        {
            // Neighbours are joined four times: to two, four, eight digits a lane.
            var pairs = Ssse3.MultiplyAddAdjacent(values, Vector128.Create((short)0x010A).AsSByte());
            var fours = Sse2.MultiplyAddAdjacent(pairs, Vector128.Create(0x0001_0064).AsInt16());
            var eights = Sse2.MultiplyAddAdjacent(Sse41.PackUnsignedSaturate(fours, fours).AsInt16(), Vector128.Create(0x0001_2710).AsInt16());
            var both = eights.AsUInt64().ToScalar();
            return ((uint)both * 100_000_000UL) + (both >> 32);
        }

        return (ConvertValues(values.AsUInt64()[0]) * 100_000_000) + ConvertValues(values.AsUInt64()[1]);
    }

    private static ulong ConvertValues(ulong values)
    {
        values = (values * 10) + (values >> 8);
        return (((values & 0x000000FF000000FF) * 0x000F424000000064) + (((values >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >> 32;
    }
}
