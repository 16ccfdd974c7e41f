using System.Buffers;

namespace Ovms.Runtime.Memory;

/// <summary>Lets memory that native code owns be handed out as <see cref="ReadOnlyMemory{T}"/>; one object serves one output for its whole life.</summary>
internal sealed unsafe class NativeView : MemoryManager<byte>
{
    private nint _address;
    private int _length;

    /// <summary>Points to other memory, which the caller keeps alive while anybody reads it.</summary>
    /// <param name="address">First byte; may be 0 when <paramref name="length"/> is.</param>
    /// <param name="length">Bytes.</param>
    public ReadOnlyMemory<byte> Set(nint address, int length)
    {
        (_address, _length) = (address, length);
        return CreateMemory(length);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() =>

        // SAFETY: Set was told that _length bytes are there; after Set(0, 0) the span is empty.
        new((void*)_address, _length);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)_address + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => Set(0, 0);
}
