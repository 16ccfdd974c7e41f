namespace Ovms.Server.Rest.Json;

/// <summary>A scanned number: ±<see cref="Mantissa"/> × 10^<see cref="Exponent"/>, or one of the bare tokens for NaN and infinities.</summary>
internal ref struct JsonNumber
{
    /// <summary>The leading digits as an integer: all of them, unless <see cref="IsTruncated"/>.</summary>
    public ulong Mantissa { get; set; }

    /// <summary>Power of ten.</summary>
    public int Exponent { get; set; }

    /// <summary>A minus sign was there.</summary>
    public bool IsNegative { get; set; }

    /// <summary>No fraction and no exponent was there.</summary>
    public bool IsInteger { get; set; }

    /// <summary>Digits other than zero follow the ones in <see cref="Mantissa"/>; all of them are in <see cref="Digits"/>.</summary>
    public bool IsTruncated { get; set; }

    /// <summary>Token kind.</summary>
    public JsonNumberKind Kind { get; set; }

    /// <summary>All significant digits, values 0 to 9; set only when <see cref="IsTruncated"/>. Beyond 800 digits a final 1 stands for the rest.</summary>
    public ReadOnlySpan<byte> Digits { get; set; }

    /// <summary>Power of ten of the last digit in <see cref="Digits"/>.</summary>
    public int DigitsExponent { get; set; }
}

/// <summary>Kinds of number tokens.</summary>
internal enum JsonNumberKind
{
    /// <summary>A JSON number.</summary>
    Finite = 0,

    /// <summary><c>NaN</c>.</summary>
    NaN,

    /// <summary><c>Infinity</c> or <c>Inf</c>.</summary>
    Infinity,
}
