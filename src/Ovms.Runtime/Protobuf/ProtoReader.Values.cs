using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace Ovms.Runtime.Protobuf;

public ref partial struct ProtoReader
{
    /// <summary>Reads a varint of up to 10 bytes; bits above the 64th are dropped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadVarint(out ulong value)
    {
        if (_index < _end)
        {
            value = _span[_index];
            if (value < 0x80)
            {
                _index++;
                return true;
            }
        }

        return TryReadLongVarint(out value);
    }

    /// <summary>Reads an int32.</summary>
    public bool TryReadInt32(out int value)
    {
        var read = TryReadVarint(out var raw);
        value = (int)raw;
        return read;
    }

    /// <summary>Reads an int64.</summary>
    public bool TryReadInt64(out long value)
    {
        var read = TryReadVarint(out var raw);
        value = (long)raw;
        return read;
    }

    /// <summary>Reads a uint32.</summary>
    public bool TryReadUInt32(out uint value)
    {
        var read = TryReadVarint(out var raw);
        value = (uint)raw;
        return read;
    }

    /// <summary>Reads a uint64.</summary>
    public bool TryReadUInt64(out ulong value) => TryReadVarint(out value);

    /// <summary>Reads a sint32.</summary>
    public bool TryReadSInt32(out int value)
    {
        var read = TryReadVarint(out var raw);
        value = ProtoSize.UnZigZag((uint)raw);
        return read;
    }

    /// <summary>Reads a sint64.</summary>
    public bool TryReadSInt64(out long value)
    {
        var read = TryReadVarint(out var raw);
        value = ProtoSize.UnZigZag(raw);
        return read;
    }

    /// <summary>Reads a bool: any varint but 0 is true.</summary>
    public bool TryReadBool(out bool value)
    {
        var read = TryReadVarint(out var raw);
        value = raw != 0;
        return read;
    }

    /// <summary>Reads a fixed32.</summary>
    public bool TryReadFixed32(out uint value)
    {
        if (_end - _index >= sizeof(uint))
        {
            value = BinaryPrimitives.ReadUInt32LittleEndian(_span[_index..]);
            _index += sizeof(uint);
            return true;
        }

        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        var read = TryCopyTo(bytes);
        value = read ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;
        return read;
    }

    /// <summary>Reads a fixed64.</summary>
    public bool TryReadFixed64(out ulong value)
    {
        if (_end - _index >= sizeof(ulong))
        {
            value = BinaryPrimitives.ReadUInt64LittleEndian(_span[_index..]);
            _index += sizeof(ulong);
            return true;
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        var read = TryCopyTo(bytes);
        value = read ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;
        return read;
    }

    /// <summary>Reads a sfixed32.</summary>
    public bool TryReadSFixed32(out int value)
    {
        var read = TryReadFixed32(out var raw);
        value = (int)raw;
        return read;
    }

    /// <summary>Reads a sfixed64.</summary>
    public bool TryReadSFixed64(out long value)
    {
        var read = TryReadFixed64(out var raw);
        value = (long)raw;
        return read;
    }

    /// <summary>Reads a float.</summary>
    public bool TryReadFloat(out float value)
    {
        var read = TryReadFixed32(out var raw);
        value = BitConverter.UInt32BitsToSingle(raw);
        return read;
    }

    /// <summary>Reads a double.</summary>
    public bool TryReadDouble(out double value)
    {
        var read = TryReadFixed64(out var raw);
        value = BitConverter.UInt64BitsToDouble(raw);
        return read;
    }

    /// <summary>Reads bytes as a slice of the source.</summary>
    public bool TryReadSlice(out ByteSlice value)
    {
        value = default;
        if (!TryReadLength(out var length))
        {
            return false;
        }

        if (length <= _end - _index || !_hasMemory)
        {
            value = new ByteSlice(TakeContiguous(length));
            return true;
        }

        value = new ByteSlice(_sequence.Slice(_sequence.GetPosition(_index, _current), length));
        return TrySkipBytes(length);
    }

    /// <summary>Reads a string as a slice of the source; one that straddles segments is copied.</summary>
    /// <returns>False also when the bytes are not UTF-8.</returns>
    public bool TryReadUtf8(out Utf8Slice value)
    {
        value = default;
        if (!TryReadLength(out var length))
        {
            return false;
        }

        value = new Utf8Slice(TakeContiguous(length));
        return Utf8.IsValid(value.Span);
    }

    /// <summary>Reads a string.</summary>
    /// <returns>False also when the bytes are not UTF-8.</returns>
    public bool TryReadString(out string value)
    {
        value = "";
        if (!TryReadLength(out var length))
        {
            return false;
        }

        if (length <= _end - _index)
        {
            var bytes = _span.Slice(_index, length);
            _index += length;
            return TryDecode(bytes, out value);
        }

        var rented = ArrayPool<byte>.Shared.Rent(length);
        var read = TryCopyTo(rented.AsSpan(0, length)) && TryDecode(rented.AsSpan(0, length), out value);
        ArrayPool<byte>.Shared.Return(rented);
        return read;
    }

    /// <summary>Reads bytes into a new array.</summary>
    public bool TryReadBytes(out byte[] value)
    {
        value = [];
        if (!TryReadLength(out var length))
        {
            return false;
        }

        value = length == 0 ? [] : new byte[length];
        return TryCopyTo(value);
    }

    /// <summary>Reads a length: not negative, and so many bytes are left in the current message.</summary>
    internal bool TryReadLength(out int length)
    {
        var read = TryReadVarint(out var raw);
        length = (int)raw;
        return read && length >= 0 && length <= Remaining;
    }

    /// <summary>Copies the next bytes; false when the current message has fewer.</summary>
    internal bool TryCopyTo(scoped Span<byte> destination)
    {
        if (destination.Length > Remaining)
        {
            return false;
        }

        while (destination.Length > 0)
        {
            if (_index == _end && !TryAdvance())
            {
                return false;
            }

            var part = _span[_index..Math.Min(_end, _index + Math.Min(destination.Length, _end - _index))];
            part.CopyTo(destination);
            destination = destination[part.Length..];
            _index += part.Length;
        }

        return true;
    }

    /// <summary>The rest of the current message in the current segment; empty only at its end. Used with <see cref="Consume"/>.</summary>
    internal ReadOnlySpan<byte> Unread()
    {
        if (_index == _end)
        {
            TryAdvance();
        }

        return _span[_index.._end];
    }

    /// <summary>Moves over bytes seen by <see cref="Unread"/>.</summary>
    internal void Consume(int count) => _index += count;

    private static bool TryDecode(ReadOnlySpan<byte> bytes, out string value)
    {
        var valid = Utf8.IsValid(bytes);
        value = valid ? Encoding.UTF8.GetString(bytes) : "";
        return valid;
    }

    /// <summary>The next bytes, which are there, in one piece: where they lie, or copied to the scratch memory.</summary>
    private ReadOnlyMemory<byte> TakeContiguous(int length)
    {
        if (_hasMemory && length <= _end - _index)
        {
            var slice = _memory.Slice(_index, length);
            _index += length;
            return slice;
        }

        var copy = (_scratch ??= new ProtoScratch()).Take(length);
        TryCopyTo(copy.Span);
        return copy;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryReadLongVarint(out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (_index == _end && !TryAdvance())
            {
                return false;
            }

            ulong next = _span[_index++];
            value |= (next & 0x7F) << shift;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}
