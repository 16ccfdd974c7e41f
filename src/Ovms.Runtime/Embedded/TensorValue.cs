using System.Runtime.InteropServices;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>One value of a running graph: type, concrete shape and, once it exists, its elements.</summary>
/// <remarks>Elements lie at <see cref="Offset"/> in <see cref="Memory"/> (a planned arena, a constant, an input tensor), aligned to 64
/// bytes, row-major. While shapes are inferred, values that are not constant have no memory: <see cref="HasData"/> is false.</remarks>
internal sealed class TensorValue
{
    /// <summary>Element type.</summary>
    public ElementType Type { get; private set; }

    /// <summary>Concrete shape.</summary>
    public Shape Shape { get; private set; }

    /// <summary>Number of elements.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of all elements; sub-byte constants are packed.</summary>
    public int LengthBytes { get; private set; }

    /// <summary>Memory of the elements, or null.</summary>
    public TensorMemory? Memory { get; private set; }

    /// <summary>Byte offset of the first element.</summary>
    public int Offset { get; private set; }

    /// <summary>Whether the elements can be read (or, for an output, written).</summary>
    public bool HasData => Memory is not null;

    /// <summary>The elements as bytes.</summary>
    public Span<byte> Bytes => Memory is null ? default : Memory.Span.Slice(Offset, LengthBytes);

    /// <summary>The elements as <typeparamref name="T"/>; the caller has checked <see cref="Type"/>.</summary>
    public Span<T> As<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Bytes);

    /// <summary>Sets type and shape and drops the memory.</summary>
    /// <exception cref="OverflowException">The tensor would be larger than one block of memory.</exception>
    public void Describe(ElementType type, in Shape shape)
    {
        var count = shape.ElementCount;
        var bytes = type.BytesFor(count);
        if (count > TensorMemory.MaxLength || bytes > TensorMemory.MaxLength)
        {
            throw new OverflowException($"a tensor {shape} of {type.IrName()} is larger than {TensorMemory.MaxLength} bytes");
        }

        (Type, Shape, Count, LengthBytes, Memory, Offset) = (type, shape, (int)count, (int)bytes, null, 0);
    }

    /// <summary>Gives the described value its memory.</summary>
    public void Attach(TensorMemory? memory, int offset) => (Memory, Offset) = (memory, offset);
}
