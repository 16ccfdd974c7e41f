using System.Numerics;

namespace Ovms.Server.Rest.Json;

/// <summary>The 128 most significant bits of 5^q, q from −342 to 308, as pairs (high, low): normalised, truncated for q ≥ 0 and rounded up
/// below.</summary>
/// <remarks>Source: D. Lemire, "Number parsing at a gigabyte per second", 2021, §6. Computed at first use (about a millisecond) rather
/// than kept as 1,302 literals.</remarks>
internal static class PowersOfFive
{
    /// <summary>Smallest exponent in the table.</summary>
    public const int Smallest = -342;

    /// <summary>Largest exponent in the table.</summary>
    public const int Largest = 308;

    private static readonly ulong[] s_table = Build();

    /// <summary>Both words of every power; the pair of q begins at <c>2 * (q - Smallest)</c>.</summary>
    public static ReadOnlySpan<ulong> Table => s_table;

    private static ulong[] Build()
    {
        var table = new ulong[2 * (Largest - Smallest + 1)];
        var power = BigInteger.One;
        for (var q = 0; q <= Largest; q++, power *= 5)
        {
            var bits = (int)power.GetBitLength();
            Store(table, q, bits <= 128 ? power << (128 - bits) : power >> (bits - 128));
        }

        power = 5;
        for (var q = -1; q >= Smallest; q--, power *= 5)
        {
            // 2^b / 5^-q, rounded up, with b large enough for 128 bits; larger quotients lose their low bits afterwards.
            var bits = (int)power.GetBitLength();
            var quotient = (BigInteger.One << (q >= -27 ? bits + 127 : (2 * bits) + 128)) / power;
            quotient += 1;
            var excess = (int)quotient.GetBitLength() - 128;
            Store(table, q, excess > 0 ? quotient >> excess : quotient);
        }

        return table;
    }

    private static void Store(ulong[] table, int q, BigInteger value)
    {
        var index = 2 * (q - Smallest);
        table[index] = (ulong)(value >> 64);
        table[index + 1] = (ulong)(value & ulong.MaxValue);
    }
}
