using System.Buffers;

namespace Ovms.Runtime.Protobuf;

/// <summary>Bytes that lie in somebody else's memory: a slice of the received message, or memory to be sent. Possibly in several segments.</summary>
/// <remarks>Valid as long as that memory is; messages read from a pipe must be cleared before the pipe is advanced.</remarks>
public readonly struct ByteSlice
{
    private readonly ReadOnlySequence<byte> _bytes;

    /// <summary>Refers to contiguous memory.</summary>
    public ByteSlice(ReadOnlyMemory<byte> bytes) => _bytes = new ReadOnlySequence<byte>(bytes);

    /// <summary>Refers to segmented memory.</summary>
    public ByteSlice(in ReadOnlySequence<byte> bytes) => _bytes = bytes;

    /// <summary>The bytes.</summary>
    public ReadOnlySequence<byte> Sequence => _bytes;

    /// <summary>Number of bytes.</summary>
    public long Length => _bytes.Length;

    /// <summary>No bytes.</summary>
    public bool IsEmpty => _bytes.IsEmpty;

    /// <summary>Copies all bytes; <paramref name="destination"/> holds at least <see cref="Length"/>.</summary>
    public void CopyTo(Span<byte> destination) => _bytes.CopyTo(destination);

    /// <summary>A managed copy.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <summary>Refers to contiguous memory.</summary>
    public static implicit operator ByteSlice(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>Refers to an array.</summary>
    public static implicit operator ByteSlice(byte[] bytes) => new(bytes);

    /// <summary>See the implicit operators.</summary>
    public static ByteSlice ToByteSlice(ReadOnlyMemory<byte> bytes) => new(bytes);
}
