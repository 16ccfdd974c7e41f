using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace Ovms.Runtime.Protobuf;

/// <summary>Writes protobuf's wire format into a buffer writer, a span, or a gather list.</summary>
/// <remarks>The second pass of writing: lengths come from the first (<see cref="IProtoMessage.MeasureSize"/>).
/// <see cref="Flush"/> hands the last bytes over.</remarks>
public ref struct ProtoWriter
{
    private const int LongestVarint = 10;

    private readonly IBufferWriter<byte>? _output;
    private readonly ProtoSegments? _segments;
    private Span<byte> _span;
    private int _index;

    /// <summary>Writes to <paramref name="output"/>, block by block.</summary>
    public ProtoWriter(IBufferWriter<byte> output) => _output = output;

    /// <summary>Writes to <paramref name="segments"/>; large slices are referred to, not copied.</summary>
    public ProtoWriter(ProtoSegments segments) => _output = _segments = segments;

    /// <summary>Writes to <paramref name="destination"/>, which holds at least the measured size.</summary>
    public ProtoWriter(Span<byte> destination) => _span = destination;

    /// <summary>Tells the buffer writer what was written; call once at the end.</summary>
    public void Flush()
    {
        if (_index > 0)
        {
            _output?.Advance(_index);
        }

        _span = default;
        _index = 0;
    }

    /// <summary>Writes a varint.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteVarint(ulong value)
    {
        if (value < 0x80 && (uint)_index < (uint)_span.Length)
        {
            _span[_index++] = (byte)value;
            return;
        }

        WriteLongVarint(value);
    }

    /// <summary>Writes a tag: field number and wire type.</summary>
    public void WriteTag(uint tag) => WriteVarint(tag);

    /// <summary>Writes the length of what follows.</summary>
    public void WriteLength(long length) => WriteVarint((ulong)length);

    public void WriteInt32(int value) => WriteVarint((ulong)(long)value);

    public void WriteInt64(long value) => WriteVarint((ulong)value);

    public void WriteUInt32(uint value) => WriteVarint(value);

    public void WriteUInt64(ulong value) => WriteVarint(value);

    public void WriteSInt32(int value) => WriteVarint(ProtoSize.ZigZag(value));

    public void WriteSInt64(long value) => WriteVarint(ProtoSize.ZigZag(value));

    public void WriteBool(bool value) => WriteVarint(value ? 1ul : 0);

    public void WriteFixed32(uint value)
    {
        if (_span.Length - _index < sizeof(uint))
        {
            Refill(sizeof(uint));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(_span[_index..], value);
        _index += sizeof(uint);
    }

    public void WriteFixed64(ulong value)
    {
        if (_span.Length - _index < sizeof(ulong))
        {
            Refill(sizeof(ulong));
        }

        BinaryPrimitives.WriteUInt64LittleEndian(_span[_index..], value);
        _index += sizeof(ulong);
    }

    public void WriteSFixed32(int value) => WriteFixed32((uint)value);

    public void WriteSFixed64(long value) => WriteFixed64((ulong)value);

    public void WriteFloat(float value) => WriteFixed32(BitConverter.SingleToUInt32Bits(value));

    public void WriteDouble(double value) => WriteFixed64(BitConverter.DoubleToUInt64Bits(value));

    public void WriteUtf8(Utf8Slice value)
    {
        WriteLength(value.Length);
        WriteRaw(value.Span);
    }

    public void WriteBytes(byte[] value)
    {
        WriteLength(value?.Length ?? 0);
        WriteRaw(value);
    }

    public void WriteSlice(in ByteSlice value)
    {
        WriteLength(value.Length);
        WriteRaw(value.Sequence);
    }

    /// <summary>Writes length and UTF-8 bytes; a lone surrogate becomes U+FFFD.</summary>
    public void WriteString(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        WriteLength(length);
        if (_span.Length - _index < length && !TryRefill(length))
        {
            ThrowTooShort();
        }

        _index += Encoding.UTF8.GetBytes(value, _span[_index..]);
    }

    /// <summary>Copies bytes as they are.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > _span.Length - _index)
        {
            var room = _span.Length - _index;
            bytes[..room].CopyTo(_span[_index..]);
            _index += room;
            bytes = bytes[room..];
            Refill(1);
        }

        bytes.CopyTo(_span[_index..]);
        _index += bytes.Length;
    }

    /// <summary>Copies bytes as they are, or refers to them where the output is a gather list.</summary>
    public void WriteRaw(in ReadOnlySequence<byte> bytes)
    {
        foreach (var segment in bytes)
        {
            if (_segments is not null && segment.Length >= ProtoSegments.ReferenceThreshold)
            {
                Flush();
                _segments.AddReference(segment);
            }
            else
            {
                WriteRaw(segment.Span);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteLongVarint(ulong value)
    {
        if (_span.Length - _index < LongestVarint && !TryRefill(LongestVarint) && _span.Length - _index < ProtoSize.Varint(value))
        {
            ThrowTooShort();
        }

        while (value >= 0x80)
        {
            _span[_index++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _span[_index++] = (byte)value;
    }

    private bool TryRefill(int room)
    {
        if (_output is null)
        {
            return false;
        }

        Flush();
        _span = _output.GetSpan(room);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Refill(int room)
    {
        if (!TryRefill(room))
        {
            ThrowTooShort();
        }
    }

    [DoesNotReturn]
    private static void ThrowTooShort() =>
        throw new InvalidOperationException("the destination is shorter than the message: it was changed after it was measured, or not measured");
}
