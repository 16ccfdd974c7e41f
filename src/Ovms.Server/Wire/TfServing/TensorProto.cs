using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>A tensor. Received contents stay slices of the network buffer until they are copied, once, by
/// <see cref="CopyContentTo"/>.</summary>
/// <remarks>Source: W§1.2, §1.6. Fields 14 and 15 (resources, variants) are skipped.</remarks>
[ProtoContract(Name = "tensorflow.TensorProto")]
internal sealed partial class TensorProto
{
    /// <summary>Element type.</summary>
    [ProtoMember(1)]
    public partial DataType Dtype { get; set; }

    /// <summary>Shape.</summary>
    [ProtoMember(2)]
    public partial TensorShapeProto? TensorShape { get; set; }

    /// <summary>Always 0.</summary>
    [ProtoMember(3)]
    public partial int VersionNumber { get; set; }

    /// <summary>Elements, row-major, little endian.</summary>
    [ProtoMember(4)]
    public partial ByteSlice TensorContent { get; set; }

    /// <summary>Elements of DT_FLOAT.</summary>
    [ProtoMember(5)]
    public partial ProtoPacked<float> FloatVal { get; }

    /// <summary>Elements of DT_DOUBLE.</summary>
    [ProtoMember(6)]
    public partial ProtoPacked<double> DoubleVal { get; }

    /// <summary>Elements of DT_INT32, INT16, UINT16, INT8 and UINT8.</summary>
    [ProtoMember(7)]
    public partial ProtoPacked<int> IntVal { get; }

    /// <summary>Elements of DT_STRING.</summary>
    [ProtoMember(8)]
    public partial ProtoList<ByteSlice> StringVal { get; }

    /// <summary>Elements of DT_COMPLEX64 as pairs.</summary>
    [ProtoMember(9)]
    public partial ProtoPacked<float> ScomplexVal { get; }

    /// <summary>Elements of DT_INT64.</summary>
    [ProtoMember(10)]
    public partial ProtoPacked<long> Int64Val { get; }

    /// <summary>Elements of DT_BOOL.</summary>
    [ProtoMember(11)]
    public partial ProtoPacked<bool> BoolVal { get; }

    /// <summary>Elements of DT_COMPLEX128 as pairs.</summary>
    [ProtoMember(12)]
    public partial ProtoPacked<double> DcomplexVal { get; }

    /// <summary>Elements of DT_HALF and DT_BFLOAT16: the bits in the low half.</summary>
    [ProtoMember(13)]
    public partial ProtoPacked<int> HalfVal { get; }

    /// <summary>Elements of DT_UINT32.</summary>
    [ProtoMember(16)]
    public partial ProtoPacked<uint> Uint32Val { get; }

    /// <summary>Elements of DT_UINT64.</summary>
    [ProtoMember(17)]
    public partial ProtoPacked<ulong> Uint64Val { get; }

    /// <summary>Elements of DT_FLOAT8 types.</summary>
    [ProtoMember(18)]
    public partial ByteSlice Float8Val { get; set; }
}
