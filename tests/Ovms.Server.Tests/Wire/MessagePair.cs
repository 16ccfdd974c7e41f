using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Tests.Wire;

/// <summary>A generated message beside Google.Protobuf's for the same schema.</summary>
internal abstract class MessagePair
{
    public abstract string Name { get; }

    /// <summary>Google.Protobuf's description.</summary>
    public abstract MessageDescriptor Descriptor { get; }

    public abstract IMessage Random(RandomMessages random);

    /// <summary>Parses with the generated reader; null for malformed bytes, else the message written again.</summary>
    public abstract byte[]? Rewrite(in ReadOnlySequence<byte> source);

    /// <summary>Parses contiguous bytes through the span reader.</summary>
    public abstract byte[]? RewriteSpan(ReadOnlySpan<byte> source);

    /// <summary>Parses with Google.Protobuf; null for malformed bytes, else the message written again without unknown fields.</summary>
    public abstract byte[]? RewriteReference(byte[] source);
}

internal sealed class MessagePair<TOurs, TReference> : MessagePair
    where TOurs : class, IProtoMessage, new()
    where TReference : class, IMessage<TReference>, new()
{
    private static readonly MessageParser<TReference> s_parser = new(() => new TReference());
    private static readonly MessageParser<TReference> s_discarding = s_parser.WithDiscardUnknownFields(true);

    private readonly TOurs _ours = new();

    public override string Name => typeof(TOurs).Name;

    public override MessageDescriptor Descriptor { get; } = new TReference().Descriptor;

    public override IMessage Random(RandomMessages random) => random.Next<TReference>();

    public override byte[]? Rewrite(in ReadOnlySequence<byte> source)
    {
        ProtoScratch? scratch = null;
        var reader = new ProtoReader(source, ref scratch);
        return Rewrite(ref reader);
    }

    public override byte[]? RewriteSpan(ReadOnlySpan<byte> source)
    {
        ProtoScratch? scratch = null;
        var reader = new ProtoReader(source, ref scratch);
        return Rewrite(ref reader);
    }

    public override byte[]? RewriteReference(byte[] source)
    {
        try
        {
            s_parser.ParseFrom(source);
            return s_discarding.ParseFrom(source).ToByteArray();
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or IndexOutOfRangeException)
        {
            // The second one is a defect of Google.Protobuf 3.25: lengths near 2^31 overflow its limit.
            return null;
        }
    }

    private byte[]? Rewrite(ref ProtoReader reader)
    {
        // One object for all inputs: what is left of a message before must never show.
        _ours.Clear();
        return _ours.TryMergeFrom(ref reader) ? _ours.ToByteArray() : null;
    }
}
