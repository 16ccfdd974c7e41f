namespace Ovms.Runtime.Protobuf;

/// <summary>How one element of a <see cref="ProtoPacked{T}"/> is encoded.</summary>
public enum ProtoEncoding
{
    /// <summary>Varint.</summary>
    Varint,

    /// <summary>Zig-zag varint.</summary>
    ZigZag,

    /// <summary>As many little-endian bytes as the element type has.</summary>
    Fixed,
}
