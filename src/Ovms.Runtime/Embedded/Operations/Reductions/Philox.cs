namespace Ovms.Runtime.Embedded.Operations.Reductions;

/// <summary>The counter-based generator Philox 4x32-10: four 32-bit numbers for every counter value.</summary>
/// <remarks>Source: J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011); key and counter layout as RandomUniform-8
/// specifies: the key is the global seed, the upper half of the counter the operation's seed.</remarks>
internal struct Philox(ulong globalSeed, ulong operationSeed)
{
    private ulong _counter;

    /// <summary>Writes the next four numbers.</summary>
    public void Next(Span<uint> numbers)
    {
        var (c0, c1) = ((uint)_counter, (uint)(_counter >> 32));
        var (c2, c3) = ((uint)operationSeed, (uint)(operationSeed >> 32));
        var (k0, k1) = ((uint)globalSeed, (uint)(globalSeed >> 32));
        for (var round = 0; round < 10; round++)
        {
            var first = 0xD2511F53UL * c0;
            var second = 0xCD9E8D57UL * c2;
            (c0, c1, c2, c3) = ((uint)(second >> 32) ^ c1 ^ k0, (uint)second, (uint)(first >> 32) ^ c3 ^ k1, (uint)first);
            k0 = unchecked(k0 + 0x9E3779B9);
            k1 = unchecked(k1 + 0xBB67AE85);
        }

        (numbers[0], numbers[1], numbers[2], numbers[3]) = (c0, c1, c2, c3);
        _counter++;
    }

    /// <summary>A number in [0, 1) from the lower 23 bits.</summary>
    public static float ToUnit(uint number) => BitConverter.UInt32BitsToSingle(0x3f800000 | (number & 0x7fffff)) - 1;
}
