namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>Encodings of the floating-point types .NET does not have: bf16, f8, f4 and nf4 (IR sheet §4, §12.5).</summary>
internal static class LowPrecision
{
    /// <summary>Values of the sixteen nf4 codes, ascending.</summary>
    public static ReadOnlySpan<float> NormalFloat4 =>
    [
        -1f, -0.6961928f, -0.52507305f, -0.3949175f, -0.28444138f, -0.18477343f, -0.09105004f, 0f,
        0.0795803f, 0.1609302f, 0.2461123f, 0.33791524f, 0.44070983f, 0.562617f, 0.72295684f, 1f,
    ];

    private static ReadOnlySpan<float> F4E2M1 => [0f, 0.5f, 1f, 1.5f, 2f, 3f, 4f, 6f];

    public static float FromBFloat16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>Nearest even; a NaN stays a NaN.</summary>
    public static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Nearest even of an f64, rounded once.</summary>
    public static ushort ToBFloat16(double value)
    {
        // Rounding to odd at f32 first keeps the second rounding from seeing a false tie.
        var single = (float)value;
        if (double.IsFinite(value) && single != value && (BitConverter.SingleToUInt32Bits(single) & 1) == 0)
        {
            var away = Math.Abs((double)single) < Math.Abs(value);
            var bits = BitConverter.SingleToUInt32Bits(single);
            single = BitConverter.UInt32BitsToSingle(away ? bits + 1 : bits - 1);
        }

        return ToBFloat16(single);
    }

    public static float FromF8E4M3(byte code)
    {
        var magnitude = code & 0x7f;
        var value = magnitude == 0x7f ? float.NaN : Decode(magnitude, mantissaBits: 3, bias: 7);
        return (code & 0x80) != 0 ? -value : value;
    }

    /// <summary>Beyond the largest value (448, ties included below it) becomes NaN.</summary>
    public static byte ToF8E4M3(double value) => Encode(value, mantissaBits: 3, bias: 7, largest: 0x7e, overflow: 0x7f, nan: 0x7f);

    public static float FromF8E5M2(byte code)
    {
        var magnitude = code & 0x7f;
        var value = magnitude > 0x7c ? float.NaN : magnitude == 0x7c ? float.PositiveInfinity : Decode(magnitude, mantissaBits: 2, bias: 15);
        return (code & 0x80) != 0 ? -value : value;
    }

    public static byte ToF8E5M2(double value) => Encode(value, mantissaBits: 2, bias: 15, largest: 0x7b, overflow: 0x7c, nan: 0x7e);

    public static float FromF8E8M0(byte code) => code == 0xff ? float.NaN : (float)Math.ScaleB(1, code - 127);

    /// <summary>Nearest power of two; zero and negatives become 2^−127, +inf 2^127.</summary>
    public static byte ToF8E8M0(double value)
    {
        if (double.IsNaN(value))
        {
            return 0xff;
        }

        if (value <= 0)
        {
            return 0;
        }

        if (double.IsPositiveInfinity(value))
        {
            return 254;
        }

        // Ties (1.5 * 2^e) go to the even exponent code, as "nearest even" on an encoding without mantissa bits.
        var exponent = Math.ILogB(value);
        var fraction = Math.ScaleB(value, -exponent);
        var code = exponent + 127;
        code += fraction > 1.5 || (fraction == 1.5 && (code & 1) != 0) ? 1 : 0;
        return (byte)Math.Clamp(code, 0, 254);
    }

    public static int ToNormalFloat4(double value)
    {
        var best = 0;
        for (var code = 1; code < NormalFloat4.Length; code++)
        {
            if (Math.Abs(value - NormalFloat4[code]) < Math.Abs(value - NormalFloat4[best]))
            {
                best = code;
            }
        }

        return best;
    }

    public static float FromF4E2M1(int code) => (code & 8) != 0 ? -F4E2M1[code & 7] : F4E2M1[code & 7];

    /// <summary>Nearest, ties to the even code; saturates at ±6.</summary>
    public static int ToF4E2M1(double value)
    {
        var magnitude = Math.Abs(value);
        var best = 0;
        for (var code = 1; code < F4E2M1.Length; code++)
        {
            var gain = Math.Abs(magnitude - F4E2M1[best]) - Math.Abs(magnitude - F4E2M1[code]);
            best = gain > 0 || (gain == 0 && (code & 1) == 0) ? code : best;
        }

        return double.IsNegative(value) ? best | 8 : best;
    }

    private static float Decode(int magnitude, int mantissaBits, int bias)
    {
        var exponent = magnitude >> mantissaBits;
        var mantissa = magnitude & ((1 << mantissaBits) - 1);
        return exponent == 0
            ? (float)Math.ScaleB(mantissa, 1 - bias - mantissaBits)
            : (float)Math.ScaleB(mantissa + (1 << mantissaBits), exponent - bias - mantissaBits);
    }

    private static byte Encode(double value, int mantissaBits, int bias, int largest, int overflow, int nan)
    {
        var sign = double.IsNegative(value) ? 0x80 : 0;
        if (double.IsNaN(value))
        {
            return (byte)(sign | nan);
        }

        var magnitude = Math.Abs(value);
        if (magnitude == 0)
        {
            return (byte)sign;
        }

        if (double.IsInfinity(magnitude))
        {
            return (byte)(sign | overflow);
        }

        // In units of the last place of its own binade (or of the subnormals) the value rounds to an integer; the carry into the next
        // binade is right by construction of the code.
        var exponent = Math.Max(Math.ILogB(magnitude), 1 - bias);
        var units = (int)Math.Min(Math.Round(Math.ScaleB(magnitude, mantissaBits - exponent), MidpointRounding.ToEven), 1 << (mantissaBits + 1));
        var code = (long)units + ((long)(exponent + bias - 1) << mantissaBits);
        return (byte)(sign | (code > largest ? overflow : (int)code));
    }
}
