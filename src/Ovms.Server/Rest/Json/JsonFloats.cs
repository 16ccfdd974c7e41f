using System.Diagnostics;

namespace Ovms.Server.Rest.Json;

/// <summary>Prints floating-point numbers as TensorFlow Serving does: <c>%g</c> with six digits when that reads back as the same value, else with
/// 9 (float) or 17 (double) digits; <c>.0</c> is appended to what looks like an integer (W§3.4).</summary>
/// <remarks>Digits are those of C's printf: the exact value rounded half to even.</remarks>
internal static class JsonFloats
{
    /// <summary>Room that any number needs.</summary>
    public const int MaxLength = 32;

    private const int ShortDigits = 6;
    private const int SingleDigits = 9;
    private const int DoubleDigits = 17;

    // 10^-30 … 10^53: scales any normal float to nine digits.
    private const int SmallestPower = -38;
    private static readonly double[] s_powers = BuildPowers();

    /// <summary>Prints a float.</summary>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(float value, Span<byte> destination)
    {
        Debug.Assert(destination.Length >= MaxLength, "callers leave room for any number");
        var magnitude = Math.Abs(value);
        if (!(magnitude >= 1.17549435e-38f && magnitude <= float.MaxValue))
        {
            return WriteUnusual(value, destination);
        }

        double wide = magnitude;

        // ⌊log10⌋ from the binary exponent: right or one too small.
        var exponent2 = (int)(BitConverter.DoubleToInt64Bits(wide) >> 52) - 1023;
        var exponent = (exponent2 * 78913) >> 18;
        if (wide >= s_powers[exponent + 1 - SmallestPower])
        {
            exponent++;
        }

        // Nine digits before the point; the product is off by less than 1e-6, so only fractions next to one half are in doubt.
        var power = SingleDigits - 1 - exponent;
        var scaled = power >= 0 ? wide * s_powers[power - SmallestPower] : wide / s_powers[-power - SmallestPower];
        var digits = (long)scaled;
        var fraction = scaled - digits;
        if (Math.Abs(fraction - 0.5) < 1e-5)
        {
            return WriteExactly(value, SingleDigits, destination);
        }

        digits += fraction > 0.5 ? 1 : 0;

        // Six digits can read back only when they lie within half a unit of the float: at most 60 units of the ninth digit.
        var rest = (uint)(digits % 1000);
        if (rest is <= 64 or >= 936)
        {
            var few = (ulong)(digits + 500) / 1000;
            if (EiselLemire.Convert(BinaryFormat.Single, few, exponent - ShortDigits + 1) == BitConverter.SingleToUInt32Bits(magnitude))
            {
                return WriteGeneral(few, exponent, ShortDigits, value < 0, destination);
            }
        }

        return WriteGeneral((ulong)digits, exponent, SingleDigits, value < 0, destination);
    }

    /// <summary>Prints a double; see <see cref="Write(float, Span{byte})"/>.</summary>
    public static int Write(double value, Span<byte> destination) => double.IsFinite(value) && value != 0
        ? WriteExactly(value, DoubleDigits, destination)
        : WriteSpecial(value, destination);

    private static int WriteUnusual(float value, Span<byte> destination) =>
        float.IsFinite(value) && value != 0 ? WriteExactly(value, SingleDigits, destination) : WriteSpecial(value, destination);

    private static int WriteSpecial(double value, Span<byte> destination)
    {
        var text = value switch
        {
            0 => double.IsNegative(value) ? "-0.0"u8 : "0.0"u8,
            double.PositiveInfinity => "Infinity"u8,
            double.NegativeInfinity => "-Infinity"u8,
            _ => "NaN"u8,
        };
        text.CopyTo(destination);
        return text.Length;
    }

    // For floats in doubt and all doubles.
    private static int WriteExactly(double value, int manyDigits, Span<byte> destination)
    {
        var decimals = new DecimalDigits(Math.Abs(value));
        var few = decimals.Round(ShortDigits, out var exponent);
        var readsBack = manyDigits == SingleDigits
            ? EiselLemire.Convert(BinaryFormat.Single, few, exponent - ShortDigits + 1) == BitConverter.SingleToUInt32Bits((float)Math.Abs(value))
            : EiselLemire.Convert(BinaryFormat.Double, few, exponent - ShortDigits + 1) == BitConverter.DoubleToUInt64Bits(Math.Abs(value));
        if (readsBack)
        {
            return WriteGeneral(few, exponent, ShortDigits, value < 0, destination);
        }

        var many = decimals.Round(manyDigits, out exponent);
        return WriteGeneral(many, exponent, manyDigits, value < 0, destination);
    }

    // C's %g: d.ddd × 10^exponent with `precision` digits, trailing zeros removed.
    private static int WriteGeneral(ulong digits, int exponent, int precision, bool negative, Span<byte> destination)
    {
        if (digits == PowerOfTen(precision))
        {
            // Rounded up to the next power of ten.
            digits /= 10;
            exponent++;
        }

        Span<byte> text = stackalloc byte[DoubleDigits];
        text = text[..precision];
        for (var i = precision - 1; i >= 0; i--)
        {
            var quotient = digits / 10;
            text[i] = (byte)('0' + (digits - (quotient * 10)));
            digits = quotient;
        }

        var count = text.LastIndexOfAnyExcept((byte)'0') + 1;
        var at = 0;
        if (negative)
        {
            destination[at++] = (byte)'-';
        }

        var rest = destination[at..];
        return at + (exponent < -4 || exponent >= precision ? WriteScientific(text[..count], exponent, rest) : WriteFixed(text, count, exponent, rest));
    }

    private static int WriteScientific(ReadOnlySpan<byte> digits, int exponent, Span<byte> destination)
    {
        var at = 0;
        destination[at++] = digits[0];
        if (digits.Length > 1)
        {
            destination[at++] = (byte)'.';
            digits[1..].CopyTo(destination[at..]);
            at += digits.Length - 1;
        }

        destination[at++] = (byte)'e';
        destination[at++] = (byte)(exponent < 0 ? '-' : '+');
        var magnitude = Math.Abs(exponent);
        if (magnitude >= 100)
        {
            destination[at++] = (byte)('0' + (magnitude / 100));
        }

        destination[at++] = (byte)('0' + (magnitude / 10 % 10));
        destination[at++] = (byte)('0' + (magnitude % 10));
        return at;
    }

    private static int WriteFixed(ReadOnlySpan<byte> digits, int count, int exponent, Span<byte> destination)
    {
        if (exponent < 0)
        {
            "0.000"u8[..(1 - exponent)].CopyTo(destination);
            digits[..count].CopyTo(destination[(1 - exponent)..]);
            return 1 - exponent + count;
        }

        var whole = exponent + 1;
        digits[..whole].CopyTo(destination);
        destination[whole] = (byte)'.';
        if (count <= whole)
        {
            destination[whole + 1] = (byte)'0';
            return whole + 2;
        }

        digits[whole..count].CopyTo(destination[(whole + 1)..]);
        return count + 1;
    }

    private static ulong PowerOfTen(int power) => power switch
    {
        ShortDigits => 1_000_000,
        SingleDigits => 1_000_000_000,
        _ => 100_000_000_000_000_000,
    };

    private static double[] BuildPowers()
    {
        var powers = new double[54 - SmallestPower];
        for (var i = 0; i < powers.Length; i++)
        {
            powers[i] = BitConverter.UInt64BitsToDouble(EiselLemire.Convert(BinaryFormat.Double, 1, i + SmallestPower));
        }

        return powers;
    }
}
