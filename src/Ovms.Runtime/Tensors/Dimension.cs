using System.Globalization;

namespace Ovms.Runtime.Tensors;

/// <summary>One dimension of a declared shape: a fixed size, a range, or anything.</summary>
/// <param name="Min">Smallest size, ≥ 0.</param>
/// <param name="Max">Largest size, or <see cref="Unbounded"/>.</param>
public readonly record struct Dimension(long Min, long Max)
{
    /// <summary>Value of <see cref="Max"/> without an upper bound.</summary>
    public const long Unbounded = long.MaxValue;

    /// <summary>Any size.</summary>
    public static Dimension Any => new(0, Unbounded);

    /// <summary>True when exactly one size is allowed.</summary>
    public bool IsStatic => Min == Max;

    /// <summary>Exactly <paramref name="size"/>.</summary>
    public static Dimension Fixed(long size) => new(size, size);

    /// <summary>Whether <paramref name="size"/> is allowed.</summary>
    public bool Allows(long size) => size >= Min && size <= Max;

    /// <summary>Text as clients see it: <c>10</c>, <c>-1</c>, <c>[1~10]</c> (W§2.3).</summary>
    public override string ToString()
    {
        var culture = CultureInfo.InvariantCulture;
        return IsStatic ? Min.ToString(culture)
            : Max == Unbounded ? "-1"
            : string.Create(culture, $"[{Min}~{Max}]");
    }
}
