namespace Ovms.Server.Rest.Json;

/// <summary>Constants of an IEEE 754 binary format, as <see cref="EiselLemire"/> needs them.</summary>
/// <param name="MantissaBits">Explicit mantissa bits.</param>
/// <param name="MinimumExponent">Minus the exponent bias: −1023 for double.</param>
/// <param name="InfinitePower">Exponent field of infinities.</param>
/// <param name="TieMin">Smallest power of ten at which a product can lie exactly between two values.</param>
/// <param name="TieMax">Largest such power.</param>
/// <param name="SmallestPower">Below this power of ten every 64-bit integer rounds to zero.</param>
/// <param name="LargestPower">Above this power of ten everything but zero overflows.</param>
internal readonly record struct BinaryFormat(
    int MantissaBits, int MinimumExponent, int InfinitePower, int TieMin, int TieMax, int SmallestPower, int LargestPower)
{
    /// <summary>binary64.</summary>
    public static BinaryFormat Double => new(52, -1023, 0x7FF, -4, 23, -342, 308);

    /// <summary>binary32.</summary>
    public static BinaryFormat Single => new(23, -127, 0xFF, -17, 10, -65, 38);
}
