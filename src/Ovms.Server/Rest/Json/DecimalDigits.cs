using System.Globalization;
using System.Runtime.CompilerServices;

namespace Ovms.Server.Rest.Json;

/// <summary>The leading decimal digits of a double, from which roundings to fewer digits are taken, half to even as in C.</summary>
/// <remarks>.NET prints any number of digits exactly but rounds halves away from zero; so 25 digits are taken and rounded here. Where these
/// look like an exact half, big integers decide.</remarks>
internal ref struct DecimalDigits
{
    private const int Kept = 25;

    private readonly double _value;
    private readonly int _exponent;
    private Buffer _digits;

    /// <summary>Takes the digits of a finite positive number.</summary>
    public DecimalDigits(double value)
    {
        _value = value;

        // d.ddd…dE+ddd
        Span<byte> text = stackalloc byte[Kept + 16];
        value.TryFormat(text, out var length, "E24", CultureInfo.InvariantCulture);
        text = text[..length];
        text[1] = text[0];
        text.Slice(1, Kept).CopyTo(_digits);
        var mark = text.IndexOf((byte)'E');
        var sign = text[mark + 1] == '-' ? -1 : 1;
        foreach (var digit in text[(mark + 2)..])
        {
            _exponent = (_exponent * 10) + digit - '0';
        }

        _exponent *= sign;
    }

    /// <summary>Rounds to <paramref name="count"/> digits.</summary>
    /// <param name="exponent">Power of ten of the first digit; when rounding carries, the digits are 10^count.</param>
    public readonly ulong Round(int count, out int exponent)
    {
        exponent = _exponent;
        ReadOnlySpan<byte> digits = _digits;
        ulong value = 0;
        foreach (var digit in digits[..count])
        {
            value = (value * 10) + (ulong)(digit - '0');
        }

        var rest = digits[count..];
        if (rest[0] == '5' && rest[1..].IndexOfAnyExcept((byte)'0') < 0)
        {
            return value + RoundHalf(value, exponent - count + 1);
        }

        return rest[0] >= '5' ? value + 1 : value;
    }

    // Exactly: is the number above, on or below (value + ½) × 10^scale?
    private readonly ulong RoundHalf(ulong value, int scale)
    {
        Span<byte> middle = stackalloc byte[20];
        var doubled = (2 * value) + 1;
        var count = 0;
        for (var rest = doubled; rest != 0; rest /= 10)
        {
            count++;
        }

        for (var i = count - 1; i >= 0; i--, doubled /= 10)
        {
            middle[i] = (byte)(doubled % 10);
        }

        var bits = BitConverter.DoubleToUInt64Bits(_value);
        var field = (int)(bits >> 52);
        var mantissa = bits & ((1UL << 52) - 1);
        if (field != 0)
        {
            mantissa |= 1UL << 52;
        }

        // Compare 2 × number, a dyadic, with (2 × value + 1) × 10^scale.
        var order = -ExactDecimal.Compare(middle[..count], scale, mantissa, Math.Max(field, 1) - 1075 + 1);
        return order > 0 || (order == 0 && (value & 1) != 0) ? 1UL : 0;
    }

    [InlineArray(Kept)]
    private struct Buffer
    {
        private byte _first;
    }
}
