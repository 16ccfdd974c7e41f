using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Element types of TensorFlow. Open: other numbers may come.</summary>
/// <remarks>Source: W§1.3.</remarks>
internal enum DataType
{
    [ProtoEnum(Name = "DT_INVALID")]
    Invalid = 0,

    [ProtoEnum(Name = "DT_FLOAT")]
    Float = 1,

    [ProtoEnum(Name = "DT_DOUBLE")]
    Double = 2,

    [ProtoEnum(Name = "DT_INT32")]
    Int32 = 3,

    [ProtoEnum(Name = "DT_UINT8")]
    UInt8 = 4,

    [ProtoEnum(Name = "DT_INT16")]
    Int16 = 5,

    [ProtoEnum(Name = "DT_INT8")]
    Int8 = 6,

    [ProtoEnum(Name = "DT_STRING")]
    String = 7,

    [ProtoEnum(Name = "DT_COMPLEX64")]
    Complex64 = 8,

    [ProtoEnum(Name = "DT_INT64")]
    Int64 = 9,

    [ProtoEnum(Name = "DT_BOOL")]
    Bool = 10,

    [ProtoEnum(Name = "DT_QINT8")]
    QInt8 = 11,

    [ProtoEnum(Name = "DT_QUINT8")]
    QUInt8 = 12,

    [ProtoEnum(Name = "DT_QINT32")]
    QInt32 = 13,

    [ProtoEnum(Name = "DT_BFLOAT16")]
    BFloat16 = 14,

    [ProtoEnum(Name = "DT_QINT16")]
    QInt16 = 15,

    [ProtoEnum(Name = "DT_QUINT16")]
    QUInt16 = 16,

    [ProtoEnum(Name = "DT_UINT16")]
    UInt16 = 17,

    [ProtoEnum(Name = "DT_COMPLEX128")]
    Complex128 = 18,

    [ProtoEnum(Name = "DT_HALF")]
    Half = 19,

    [ProtoEnum(Name = "DT_RESOURCE")]
    Resource = 20,

    [ProtoEnum(Name = "DT_VARIANT")]
    Variant = 21,

    [ProtoEnum(Name = "DT_UINT32")]
    UInt32 = 22,

    [ProtoEnum(Name = "DT_UINT64")]
    UInt64 = 23,

    [ProtoEnum(Name = "DT_FLOAT8_E5M2")]
    Float8E5M2 = 24,

    [ProtoEnum(Name = "DT_FLOAT8_E4M3FN")]
    Float8E4M3FN = 25,

    [ProtoEnum(Name = "DT_FLOAT8_E4M3FNUZ")]
    Float8E4M3FNUZ = 26,

    [ProtoEnum(Name = "DT_FLOAT8_E4M3B11FNUZ")]
    Float8E4M3B11FNUZ = 27,

    [ProtoEnum(Name = "DT_FLOAT8_E5M2FNUZ")]
    Float8E5M2FNUZ = 28,

    [ProtoEnum(Name = "DT_INT4")]
    Int4 = 29,

    [ProtoEnum(Name = "DT_UINT4")]
    UInt4 = 30,

    [ProtoEnum(Name = "DT_INT2")]
    Int2 = 31,

    [ProtoEnum(Name = "DT_UINT2")]
    UInt2 = 32,

    [ProtoEnum(Name = "DT_FLOAT4_E2M1FN")]
    Float4E2M1FN = 33,
}
