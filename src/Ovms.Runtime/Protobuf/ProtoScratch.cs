namespace Ovms.Runtime.Protobuf;

/// <summary>Holds copies of the strings that straddle segments of the network buffer. Belongs to a root message and is reused with it.</summary>
public sealed class ProtoScratch
{
    private const int InitialSize = 256;

    /// <summary>Larger buffers are dropped by <see cref="Clear"/>: one odd request must not make a pooled message big for ever.</summary>
    private const int MaxKept = 64 * 1024;

    private byte[] _buffer = [];
    private int _used;

    /// <summary>Memory of <paramref name="length"/> bytes, valid until <see cref="Clear"/>. The caller has seen that so many bytes were received.</summary>
    public Memory<byte> Take(int length)
    {
        if (length > _buffer.Length - _used)
        {
            // Slices given out before keep the old array alive; the new one serves this message and the next ones.
            _buffer = new byte[Math.Max(Math.Max(InitialSize, length), (int)Math.Min(2L * _buffer.Length, MaxKept))];
            _used = 0;
        }

        var memory = _buffer.AsMemory(_used, length);
        _used += length;
        return memory;
    }

    /// <summary>Takes all memory back.</summary>
    public void Clear()
    {
        _used = 0;
        if (_buffer.Length > MaxKept)
        {
            _buffer = [];
        }
    }
}
