using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Inference;

/// <summary>An output as the engine wrote it: type, shape and the engine's own memory, row-major, little endian.</summary>
/// <param name="type">Element type.</param>
/// <param name="shape">Concrete shape.</param>
/// <param name="memory">The elements; valid until the request is reset.</param>
public readonly struct OutputTensor(ElementType type, Shape shape, ReadOnlyMemory<byte> memory)
{
    /// <summary>Element type.</summary>
    public ElementType Type { get; } = type;

    /// <summary>Concrete shape.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>The elements in engine memory.</summary>
    public ReadOnlyMemory<byte> Memory { get; } = memory;

    /// <summary>The elements.</summary>
    public ReadOnlySpan<byte> Bytes => Memory.Span;
}
