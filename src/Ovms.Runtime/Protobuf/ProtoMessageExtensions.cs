using System.Buffers;

namespace Ovms.Runtime.Protobuf;

/// <summary>Both passes of writing in one call.</summary>
public static class ProtoMessageExtensions
{
    /// <summary>Measures the message and writes it, without a length before it.</summary>
    /// <returns>Bytes written.</returns>
    public static long Serialize<TMessage>(this TMessage message, IBufferWriter<byte> output)
        where TMessage : class, IProtoMessage
    {
        ArgumentNullException.ThrowIfNull(message);
        var size = message.MeasureSize();
        message.WriteMeasured(output);
        return size;
    }

    /// <summary>Second pass alone: for senders that wrote the measured size first.</summary>
    public static void WriteMeasured<TMessage>(this TMessage message, IBufferWriter<byte> output)
        where TMessage : class, IProtoMessage
    {
        ArgumentNullException.ThrowIfNull(message);
        var writer = new ProtoWriter(output);
        message.WriteTo(ref writer);
        writer.Flush();
    }

    /// <summary>Encodes into a new array.</summary>
    public static byte[] ToByteArray<TMessage>(this TMessage message)
        where TMessage : class, IProtoMessage
    {
        ArgumentNullException.ThrowIfNull(message);
        var bytes = new byte[message.MeasureSize()];
        var writer = new ProtoWriter(bytes);
        message.WriteTo(ref writer);
        return bytes;
    }
}
