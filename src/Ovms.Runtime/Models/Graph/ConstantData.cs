using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Models.Graph;

/// <summary>Type, shape and bytes of a constant. The bytes lie in the mapped weights file or in memory of their own.</summary>
/// <param name="type">Element type; sub-byte types stay packed.</param>
/// <param name="shape">Concrete shape.</param>
/// <param name="bytes">Exactly the packed bytes of the elements. No alignment is guaranteed. Valid while the graph lives.</param>
public sealed class ConstantData(ElementType type, Shape shape, ReadOnlyMemory<byte> bytes)
{
    /// <summary>Element type.</summary>
    public ElementType Type { get; } = type;

    /// <summary>Concrete shape.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>The packed bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;
}
