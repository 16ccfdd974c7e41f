namespace Ovms.Runtime.Protobuf;

/// <summary>How an integer is encoded.</summary>
public enum DataFormat
{
    /// <summary>Varint: int32, int64, uint32, uint64.</summary>
    Default = 0,

    /// <summary>Zig-zag varint: sint32, sint64.</summary>
    ZigZag = 1,

    /// <summary>Four or eight bytes, little endian: fixed32, fixed64, sfixed32, sfixed64.</summary>
    FixedSize = 3,
}
