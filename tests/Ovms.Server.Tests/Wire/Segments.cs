using System.Buffers;

namespace Ovms.Server.Tests.Wire;

/// <summary>Cuts bytes into sequences as a network might deliver them.</summary>
internal static class Segments
{
    /// <summary>One segment.</summary>
    public static ReadOnlySequence<byte> Whole(byte[] bytes) => new(bytes);

    /// <summary>One byte a segment, with an empty segment after each third.</summary>
    public static ReadOnlySequence<byte> Single(byte[] bytes)
    {
        var cuts = new List<int>();
        for (var i = 1; i < bytes.Length; i++)
        {
            cuts.Add(i);
            if (i % 3 == 0)
            {
                cuts.Add(i);
            }
        }

        return Cut(bytes, cuts);
    }

    /// <summary>Some segments of random lengths.</summary>
    public static ReadOnlySequence<byte> Split(byte[] bytes, Random random)
    {
        var cuts = new List<int>();
        for (var i = random.Next(1, 12); i < bytes.Length; i += random.Next(0, 24))
        {
            cuts.Add(i);
        }

        return Cut(bytes, cuts);
    }

    private static ReadOnlySequence<byte> Cut(byte[] bytes, List<int> cuts)
    {
        var start = 0;
        Segment? first = null;
        Segment? last = null;
        foreach (var cut in cuts.Append(bytes.Length))
        {
            // Copies: reading past a segment must not find the next bytes by accident.
            last = new Segment(bytes[start..cut], last);
            first ??= last;
            start = cut;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? previous)
        {
            Memory = bytes;
            if (previous is not null)
            {
                previous.Next = this;
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
            }
        }
    }
}
