using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ovms.Runtime.Protobuf;

/// <summary>A repeated number whose encoded elements stay where they were received, counted and checked, until they are converted once into
/// their destination. Never a managed array of elements.</summary>
/// <remarks>
/// The elements lie in chunks, in order: packed fields (several concatenate), and runs of unpacked elements including their tags.
/// Valid as long as the received memory is. Elements to be sent are added with <see cref="Add"/>.
/// </remarks>
public sealed class ProtoPacked<T>(ProtoEncoding encoding)
    where T : unmanaged
{
    private const int MaxKeptBytes = 4096;

    private Chunk[] _chunks = [];
    private int _chunkCount;
    private byte[] _own = [];
    private int _ownLength;
    private long _count;
    private long _measured;

    /// <summary>Number of elements.</summary>
    public long Count => _count;

    /// <summary>Converts all elements to <paramref name="destination"/>, which has <see cref="Count"/> places at least.</summary>
    public void CopyTo(Span<T> destination)
    {
        var filled = 0;
        for (var i = 0; i < _chunkCount; i++)
        {
            filled += Copy(_chunks[i], destination[filled..]);
        }

        if (_ownLength > 0)
        {
            Copy(new Chunk(new ReadOnlySequence<byte>(_own, 0, _ownLength), 0), destination[filled..]);
        }
    }

    /// <summary>Converts all elements to another type, dropping high bits of integers: int32 fields carry 8- and 16-bit elements.</summary>
    public void CopyTo<TTo>(Span<TTo> destination)
        where TTo : unmanaged, INumberBase<TTo>
    {
        // Constant size, a few cache lines; the converted type is never larger than the element type in practice.
        Span<T> batch = stackalloc T[512 / Unsafe.SizeOf<T>()];
        var elements = GetEnumerator();
        int read;
        while ((read = elements.Read(batch)) > 0)
        {
            for (var i = 0; i < read; i++)
            {
                destination[i] = Convert<TTo>(batch[i]);
            }

            destination = destination[read..];
        }
    }

    /// <summary>The only element, or the first one; there must be one.</summary>
    public T First()
    {
        Span<T> batch = stackalloc T[1];
        var elements = GetEnumerator();
        return elements.Read(batch) == 1 ? batch[0] : throw new InvalidOperationException("there is no element");
    }

    /// <summary>Appends an element to be sent. Not after elements were received.</summary>
    public void Add(T value)
    {
        if (_chunkCount > 0)
        {
            throw new InvalidOperationException("received elements cannot be added to");
        }

        if (_own.Length - _ownLength < 10)
        {
            Array.Resize(ref _own, Math.Max(16, _own.Length * 2));
        }

        var writer = new ProtoWriter(_own.AsSpan(_ownLength));
        Write(ref writer, value);
        _ownLength += (int)Measure(value);
        _count++;
    }

    /// <summary>Removes all elements and references.</summary>
    public void Clear()
    {
        if (_count == 0)
        {
            return;
        }

        _chunks.AsSpan(0, _chunkCount).Clear();
        if (_chunks.Length > ProtoLimits.MaxKeptItems)
        {
            _chunks = [];
        }

        if (_own.Length > MaxKeptBytes)
        {
            _own = [];
        }

        (_chunkCount, _ownLength, _count) = (0, 0, 0);
    }

    /// <summary>Reads a packed field after its tag.</summary>
    /// <returns>False for malformed elements.</returns>
    public bool TryReadPacked(ref ProtoReader reader)
    {
        if (!reader.TryReadSlice(out var bytes))
        {
            return false;
        }

        if (bytes.IsEmpty)
        {
            return true;
        }

        long count;
        if (encoding == ProtoEncoding.Fixed)
        {
            (count, var rest) = Math.DivRem(bytes.Length, Unsafe.SizeOf<T>());
            if (rest != 0)
            {
                return false;
            }
        }
        else if (!VarintCounter.TryCount(bytes.Sequence, out count))
        {
            return false;
        }

        Append(new Chunk(bytes.Sequence, 0), count);
        return true;
    }

    /// <summary>Reads a run of unpacked elements after the first one's tag.</summary>
    /// <returns>False for malformed elements.</returns>
    public bool TryReadUnpacked(ref ProtoReader reader, uint tag)
    {
        if (reader.Mark is not { } mark)
        {
            return TryCopyUnpacked(ref reader, tag);
        }

        long count = 0;
        do
        {
            if (!reader.TrySkip(tag))
            {
                return false;
            }

            count++;
        }
        while (reader.TryReadSameTag(tag));

        Append(new Chunk(reader.SliceFrom(mark), tag), count);
        return true;
    }

    /// <summary>First pass: bytes of all elements, packed.</summary>
    public long MeasurePacked()
    {
        if (encoding == ProtoEncoding.Fixed)
        {
            return _measured = _count * Unsafe.SizeOf<T>();
        }

        _measured = 0;
        Span<T> batch = stackalloc T[64];
        var elements = GetEnumerator();
        int read;
        while ((read = elements.Read(batch)) > 0)
        {
            foreach (var element in batch[..read])
            {
                _measured += Measure(element);
            }
        }

        return _measured;
    }

    /// <summary>Second pass: length and elements, packed.</summary>
    public void WritePacked(ref ProtoWriter writer)
    {
        writer.WriteLength(_measured);
        Span<T> batch = stackalloc T[64];
        var elements = GetEnumerator();
        int read;
        while ((read = elements.Read(batch)) > 0)
        {
            foreach (var element in batch[..read])
            {
                Write(ref writer, element);
            }
        }
    }

    private Enumerator GetEnumerator() => new(this);

    private void Append(in Chunk chunk, long count)
    {
        if (_chunkCount == _chunks.Length)
        {
            Array.Resize(ref _chunks, Math.Max(1, _chunkCount * 2));
        }

        _chunks[_chunkCount++] = chunk;
        _count += count;
    }

    /// <summary>Span sources give no slices: elements are kept as own bytes.</summary>
    private bool TryCopyUnpacked(ref ProtoReader reader, uint tag)
    {
        do
        {
            if (!TryRead(ref reader, out var value))
            {
                return false;
            }

            var bytes = new byte[10];
            var writer = new ProtoWriter(bytes);
            Write(ref writer, value);
            Append(new Chunk(new ReadOnlySequence<byte>(bytes, 0, (int)Measure(value)), 0), 1);
        }
        while (reader.TryReadSameTag(tag));
        return true;
    }

    /// <summary>Decodes a chunk; its elements were checked when it was received.</summary>
    private int Copy(in Chunk chunk, Span<T> destination)
    {
        var reader = new ProtoReader(chunk.Bytes);
        if (chunk.Tag == 0 && encoding == ProtoEncoding.Fixed && BitConverter.IsLittleEndian)
        {
            var bytes = (int)chunk.Bytes.Length;
            reader.TryCopyTo(MemoryMarshal.AsBytes(destination)[..bytes]);
            return bytes / Unsafe.SizeOf<T>();
        }

        var filled = 0;
        if (chunk.Tag == 0)
        {
            while (!reader.AtEnd && TryRead(ref reader, out var value))
            {
                destination[filled++] = value;
            }
        }
        else
        {
            do
            {
                TryRead(ref reader, out destination[filled++]);
            }
            while (reader.TryReadTag(out var tag) && tag != 0);
        }

        return filled;
    }

    private bool TryRead(ref ProtoReader reader, out T value)
    {
        bool read;
        ulong raw;
        if (encoding != ProtoEncoding.Fixed)
        {
            read = reader.TryReadVarint(out raw);
            if (encoding == ProtoEncoding.ZigZag)
            {
                raw = Unsafe.SizeOf<T>() == 4 ? (ulong)(long)ProtoSize.UnZigZag((uint)raw) : (ulong)ProtoSize.UnZigZag(raw);
            }
        }
        else if (Unsafe.SizeOf<T>() == 4)
        {
            read = reader.TryReadFixed32(out var half);
            raw = half;
        }
        else
        {
            read = reader.TryReadFixed64(out raw);
        }

        value = FromRaw(raw);
        return read;
    }

    private void Write(ref ProtoWriter writer, T value)
    {
        var raw = ToRaw(value);
        if (encoding == ProtoEncoding.Fixed)
        {
            if (Unsafe.SizeOf<T>() == 4)
            {
                writer.WriteFixed32((uint)raw);
            }
            else
            {
                writer.WriteFixed64(raw);
            }
        }
        else
        {
            writer.WriteVarint(ToVarint(raw));
        }
    }

    private long Measure(T value) => encoding == ProtoEncoding.Fixed ? Unsafe.SizeOf<T>() : ProtoSize.Varint(ToVarint(ToRaw(value)));

    private ulong ToVarint(ulong raw) => encoding != ProtoEncoding.ZigZag ? raw
        : Unsafe.SizeOf<T>() == 4 ? ProtoSize.ZigZag((int)raw) : ProtoSize.ZigZag((long)raw);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T FromRaw(ulong raw) => Unsafe.SizeOf<T>() switch
    {
        1 => Unsafe.BitCast<bool, T>(raw != 0),
        4 => Unsafe.BitCast<uint, T>((uint)raw),
        _ => Unsafe.BitCast<ulong, T>(raw),
    };

    /// <summary>The element's bits; an int is sign-extended, as varints of negative numbers are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ToRaw(T value) => Unsafe.SizeOf<T>() switch
    {
        1 => Unsafe.BitCast<T, byte>(value),
        4 when typeof(T) == typeof(int) => (ulong)(long)Unsafe.BitCast<T, int>(value),
        4 => Unsafe.BitCast<T, uint>(value),
        _ => Unsafe.BitCast<T, ulong>(value),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TTo Convert<TTo>(T value)
        where TTo : unmanaged, INumberBase<TTo>
    {
        if (typeof(T) == typeof(float))
        {
            return TTo.CreateTruncating(Unsafe.BitCast<T, float>(value));
        }

        if (typeof(T) == typeof(double))
        {
            return TTo.CreateTruncating(Unsafe.BitCast<T, double>(value));
        }

        if (typeof(T) == typeof(long))
        {
            return TTo.CreateTruncating(Unsafe.BitCast<T, long>(value));
        }

        return typeof(T) == typeof(int) ? TTo.CreateTruncating(Unsafe.BitCast<T, int>(value)) : TTo.CreateTruncating(ToRaw(value));
    }

    /// <summary>A part of the elements. <paramref name="tag"/> is 0 for packed elements; otherwise each but the first has this tag before it.</summary>
    private readonly struct Chunk(ReadOnlySequence<byte> bytes, uint tag)
    {
        public readonly ReadOnlySequence<byte> Bytes = bytes;
        public readonly uint Tag = tag;
    }

    /// <summary>Reads the elements batch by batch.</summary>
    private ref struct Enumerator
    {
        private readonly ProtoPacked<T> _owner;
        private ProtoReader _reader;
        private int _next;
        private uint _tag;

        public Enumerator(ProtoPacked<T> owner)
        {
            _owner = owner;
            _reader = default;
            _next = 0;
            _tag = 0;
        }

        public int Read(scoped Span<T> batch)
        {
            var filled = 0;
            while (filled < batch.Length)
            {
                if (_reader.AtEnd && !TryNextChunk())
                {
                    break;
                }

                if (!_owner.TryRead(ref _reader, out batch[filled]))
                {
                    break;
                }

                filled++;
                if (_tag != 0 && !_reader.AtEnd)
                {
                    _reader.TryReadTag(out _);
                }
            }

            return filled;
        }

        private bool TryNextChunk()
        {
            if (_next < _owner._chunkCount)
            {
                ref readonly var chunk = ref _owner._chunks[_next++];
                _tag = chunk.Tag;
                _reader = new ProtoReader(chunk.Bytes);
                return true;
            }

            if (_next++ == _owner._chunkCount && _owner._ownLength > 0)
            {
                _tag = 0;
                _reader = new ProtoReader(new ReadOnlySequence<byte>(_owner._own, 0, _owner._ownLength));
                return true;
            }

            return false;
        }
    }
}
