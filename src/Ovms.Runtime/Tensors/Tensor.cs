using System.Runtime.InteropServices;
using Ovms.Runtime.Memory;

namespace Ovms.Runtime.Tensors;

/// <summary>Element type, shape and the memory of the elements: row-major, little endian, without padding, 64-byte aligned.</summary>
/// <remarks>The tensor does not own its memory: who rented the <see cref="TensorMemory"/> returns it. Mutable so that pools can
/// reuse one object; not safe for concurrent use.</remarks>
public sealed class Tensor
{
    /// <summary>Element type; never sub-byte.</summary>
    public ElementType Type { get; private set; }

    /// <summary>Concrete shape.</summary>
    public Shape Shape { get; private set; }

    /// <summary>Memory of the elements; null while nothing is attached.</summary>
    public TensorMemory? Memory { get; private set; }

    /// <summary>Bytes of all elements.</summary>
    public int LengthBytes { get; private set; }

    /// <summary>The elements as bytes.</summary>
    public Span<byte> Bytes => Memory is null ? default : Memory.Span[..LengthBytes];

    /// <summary>Describes what <paramref name="memory"/> holds.</summary>
    /// <exception cref="ArgumentException">The memory is too small for type and shape.</exception>
    public void Attach(ElementType type, in Shape shape, TensorMemory memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        var bytes = type.BytesFor(shape.ElementCount);
        if (bytes > memory.Capacity)
        {
            throw new ArgumentException($"{bytes} bytes do not fit into a block of {memory.Capacity}");
        }

        (Type, Shape, Memory, LengthBytes) = (type, shape, memory, (int)bytes);
    }

    /// <summary>Forgets type, shape and memory.</summary>
    public void Detach() => (Type, Shape, Memory, LengthBytes) = (ElementType.Dynamic, default, null, 0);

    /// <summary>The elements as <typeparamref name="T"/>; the caller has checked <see cref="Type"/>.</summary>
    public Span<T> As<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Bytes);
}
