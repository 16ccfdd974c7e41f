using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Ovms.Runtime.Protobuf;

/// <summary>Counts and checks packed varints, eight bytes at a time.</summary>
internal static class VarintCounter
{
    private const ulong ContinuationBits = 0x8080_8080_8080_8080;
    private const int LongestVarint = 10;

    /// <summary>Counts varints; false when one is longer than ten bytes or the last one is cut off.</summary>
    public static bool TryCount(in ReadOnlySequence<byte> bytes, out long count)
    {
        count = 0;
        var run = 0; // continuation bytes since the last end of a varint
        foreach (var segment in bytes)
        {
            if (!TryCount(segment.Span, ref count, ref run))
            {
                return false;
            }
        }

        return run == 0;
    }

    private static bool TryCount(ReadOnlySpan<byte> bytes, ref long count, ref int run)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            var ends = ~BinaryPrimitives.ReadUInt64LittleEndian(bytes) & ContinuationBits;
            if (ends == 0)
            {
                run += sizeof(ulong);
                if (run >= LongestVarint)
                {
                    return false;
                }
            }
            else
            {
                // The first end closes the run from before; the bytes behind the last end begin a new one.
                if (run + (BitOperations.TrailingZeroCount(ends) / 8) >= LongestVarint)
                {
                    return false;
                }

                run = BitOperations.LeadingZeroCount(ends) / 8;
                count += BitOperations.PopCount(ends);
            }

            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var next in bytes)
        {
            if (next < 0x80)
            {
                run = 0;
                count++;
            }
            else if (++run >= LongestVarint)
            {
                return false;
            }
        }

        return true;
    }
}
