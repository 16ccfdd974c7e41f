using System.Buffers;

namespace Ovms.Runtime.Protobuf;

/// <summary>An encoded message as a list of memory segments: small parts in own blocks, large slices where they lie. Reusable.</summary>
/// <remarks>For senders that write 64 MB answers with back-pressure: copy or send <see cref="Segments"/> one by one, flushing between.</remarks>
public sealed class ProtoSegments : IBufferWriter<byte>
{
    /// <summary>Slices of at least so many bytes are referred to: below, a copy is cheaper than one more segment to send.</summary>
    public const int ReferenceThreshold = 4096;

    private const int BlockSize = 4096;

    /// <summary>Blocks kept for the next message.</summary>
    private const int MaxKeptBlocks = 16;

    private ReadOnlyMemory<byte>[] _segments = new ReadOnlyMemory<byte>[4];
    private int _count;
    private byte[][] _blocks = [];
    private int _block = -1;
    private int _start; // first byte of the current block that is in no segment yet
    private int _used;

    /// <summary>The message's segments in order; valid until <see cref="Clear"/>.</summary>
    public ReadOnlySpan<ReadOnlyMemory<byte>> Segments => _segments.AsSpan(0, _count);

    /// <summary>Bytes of all segments.</summary>
    public long Length { get; private set; }

    /// <summary>Replaces the content by <paramref name="message"/>, measuring it first.</summary>
    public void Write<TMessage>(TMessage message)
        where TMessage : class, IProtoMessage
    {
        Clear();
        message.MeasureSize();
        var writer = new ProtoWriter(this);
        message.WriteTo(ref writer);
        writer.Flush();
        Seal();
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _used += count;
        Length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_block < 0 || _blocks[_block].Length - _used < Math.Max(sizeHint, 1))
        {
            NextBlock(sizeHint);
        }

        return _blocks[_block].AsMemory(_used);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Forgets the message, keeping some blocks.</summary>
    public void Clear()
    {
        _segments.AsSpan(0, _count).Clear();
        if (_segments.Length > ProtoLimits.MaxKeptItems)
        {
            _segments = new ReadOnlyMemory<byte>[4];
        }

        if (_blocks.Length > MaxKeptBlocks)
        {
            Array.Resize(ref _blocks, MaxKeptBlocks);
        }

        for (var i = 0; i < _blocks.Length; i++)
        {
            if (_blocks[i] is { Length: > BlockSize })
            {
                _blocks[i] = null!;
            }
        }

        (_count, _block, _start, _used, Length) = (0, -1, 0, 0, 0);
    }

    /// <summary>Appends memory without copying it.</summary>
    internal void AddReference(ReadOnlyMemory<byte> memory)
    {
        Seal();
        Append(memory);
        Length += memory.Length;
    }

    private void Seal()
    {
        if (_used > _start)
        {
            Append(_blocks[_block].AsMemory(_start, _used - _start));
            _start = _used;
        }
    }

    private void NextBlock(int sizeHint)
    {
        Seal();
        _block++;
        if (_block == _blocks.Length)
        {
            Array.Resize(ref _blocks, Math.Max(1, _blocks.Length * 2));
        }

        if (_blocks[_block] is null || _blocks[_block].Length < sizeHint)
        {
            _blocks[_block] = new byte[Math.Max(BlockSize, sizeHint)];
        }

        (_start, _used) = (0, 0);
    }

    private void Append(ReadOnlyMemory<byte> memory)
    {
        if (_count == _segments.Length)
        {
            Array.Resize(ref _segments, _count * 2);
        }

        _segments[_count++] = memory;
    }
}
