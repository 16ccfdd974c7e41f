using System.Buffers;
using Google.Protobuf;
using Ovms.Server.Tests.Wire.Features;
using Ours = Ovms.Server.Wire.TfServing;
using Theirs = Ovms.Server.Tests.Reference;

namespace Ovms.Server.Tests.Wire;

/// <summary>The generated readers and writers against Google.Protobuf: same bytes, same acceptance, however the input is cut.</summary>
public sealed class ReferenceComparisonTests
{
    private static readonly MessagePair[] s_tfServing =
    [
        new MessagePair<Ours.PredictRequest, Theirs.PredictRequest>(),
        new MessagePair<Ours.PredictResponse, Theirs.PredictResponse>(),
        new MessagePair<Ours.TensorProto, Theirs.TensorProto>(),
        new MessagePair<Ours.GetModelMetadataRequest, Theirs.GetModelMetadataRequest>(),
        new MessagePair<Ours.GetModelMetadataResponse, Theirs.GetModelMetadataResponse>(),
        new MessagePair<Ours.SignatureDefMap, Theirs.SignatureDefMap>(),
        new MessagePair<Ours.GetModelStatusRequest, Theirs.GetModelStatusRequest>(),
        new MessagePair<Ours.GetModelStatusResponse, Theirs.GetModelStatusResponse>(),
        new MessagePair<Ours.ReloadConfigRequest, Theirs.ReloadConfigRequest>(),
        new MessagePair<Ours.ReloadConfigResponse, Theirs.ReloadConfigResponse>(),
    ];

    private static readonly MessagePair[] s_features =
    [
        new MessagePair<ManagedFeatures, Theirs.AllFeatures>(),
        new MessagePair<SlicedFeatures, Theirs.AllFeatures>(),
    ];

    [Fact]
    public void Rewrite_HundredThousandRandomMessages_GivesTheSameBytes()
    {
        const int Messages = 100_000;
        var random = new RandomMessages(seed: 20260801);
        MessagePair[] pairs = [.. s_features, .. s_features, .. s_tfServing];
        for (var i = 0; i < Messages; i++)
        {
            var pair = pairs[i % pairs.Length];
            var bytes = pair.Random(random).ToByteArray();

            var rewritten = pair.Rewrite(Segments.Whole(bytes));

            AssertSame(bytes, rewritten, pair, bytes);
            if (i % 4 == 0)
            {
                AssertSame(bytes, pair.Rewrite(Segments.Split(bytes, random.Random)), pair, bytes);
                AssertSame(bytes, pair.RewriteSpan(bytes), pair, bytes);
            }

            if (i % 16 == 0)
            {
                AssertSame(bytes, pair.Rewrite(Segments.Single(bytes)), pair, bytes);
            }
        }
    }

    [Fact]
    public void Rewrite_EveryTruncation_AcceptsAndRejectsAlike()
    {
        var random = new RandomMessages(seed: 2, small: true);
        foreach (var pair in s_tfServing.Concat(s_features))
        {
            for (var i = 0; i < 12; i++)
            {
                var bytes = pair.Random(random).ToByteArray();
                for (var length = 0; length < Math.Min(bytes.Length, 200); length++)
                {
                    AssertAlike(pair, bytes[..length], random.Random);
                }
            }
        }
    }

    [Fact]
    public void Rewrite_EveryByteFlipped_AcceptsAndRejectsAlike()
    {
        var random = new RandomMessages(seed: 3, small: true);
        byte[] masks = [0xFF, 0x80, 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x07];
        foreach (var pair in s_tfServing.Concat(s_features))
        {
            for (var i = 0; i < 5; i++)
            {
                var bytes = pair.Random(random).ToByteArray();
                for (var at = 0; at < Math.Min(bytes.Length, 120); at++)
                {
                    foreach (var mask in masks)
                    {
                        var flipped = (byte[])bytes.Clone();
                        flipped[at] ^= mask;
                        AssertAlike(pair, flipped, random.Random);
                    }
                }
            }
        }
    }

    [Fact]
    public void Rewrite_RandomMutations_AcceptsAndRejectsAlike()
    {
        const int Mutations = 60_000;
        var random = new RandomMessages(seed: 4, small: true);
        var pairs = s_tfServing.Concat(s_features).ToArray();
        byte[] previous = [];
        for (var i = 0; i < Mutations; i++)
        {
            var pair = pairs[i % pairs.Length];
            var bytes = pair.Random(random).ToByteArray();
            var mutated = Mutation.Apply(bytes, previous, random.Random);
            previous = bytes;
            AssertAlike(pair, mutated, random.Random);
        }
    }

    private static void AssertAlike(MessagePair pair, byte[] input, Random random)
    {
        var expected = pair.RewriteReference(input);
        if (expected is not null && Laxness.In(pair.Descriptor, input))
        {
            expected = null;
        }

        AssertSame(expected, pair.Rewrite(Segments.Whole(input)), pair, input);
        AssertSame(expected, pair.Rewrite(random.Next(4) == 0 ? Segments.Single(input) : Segments.Split(input, random)), pair, input);
    }

    private static void AssertSame(byte[]? expected, byte[]? actual, MessagePair pair, byte[] input)
    {
        if ((expected is null) != (actual is null) || !expected.AsSpan().SequenceEqual(actual))
        {
            var at = (expected ?? []).AsSpan().CommonPrefixLength(actual);
            Assert.Fail($"{pair.Name}, difference at {at}: expected {Text(expected)}, got {Text(actual)}, input {Convert.ToHexStringLower(input)}");
        }

        static string Text(byte[]? bytes) => bytes is null ? "malformed" : Convert.ToHexStringLower(bytes);
    }
}
