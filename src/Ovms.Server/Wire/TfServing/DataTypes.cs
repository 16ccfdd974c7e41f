using Ovms.Runtime.Tensors;

namespace Ovms.Server.Wire.TfServing;

/// <summary>The map between TensorFlow's element types and the runtime's.</summary>
/// <remarks>Source: W§1.7, §1.10; BF16 by TensorFlow's own number, where upstream knows DT_INVALID only.</remarks>
internal static class DataTypes
{
    /// <summary>The runtime's type; <see cref="ElementType.Dynamic"/> for types without a counterpart.</summary>
    public static ElementType ToElementType(this DataType type) => type switch
    {
        DataType.Float => ElementType.F32,
        DataType.Double => ElementType.F64,
        DataType.Half => ElementType.F16,
        DataType.Int64 => ElementType.I64,
        DataType.Int32 => ElementType.I32,
        DataType.Int16 => ElementType.I16,
        DataType.Int8 => ElementType.I8,
        DataType.UInt64 => ElementType.U64,
        DataType.UInt32 => ElementType.U32,
        DataType.UInt16 => ElementType.U16,
        DataType.UInt8 => ElementType.U8,
        DataType.Bool => ElementType.Boolean,
        DataType.BFloat16 => ElementType.BF16,
        DataType.String => ElementType.String,
        _ => ElementType.Dynamic,
    };

    /// <summary>The type on the wire; DT_INVALID for types that clients cannot send (W§1.10).</summary>
    public static DataType ToDataType(this ElementType type) => type switch
    {
        ElementType.F32 => DataType.Float,
        ElementType.F64 => DataType.Double,
        ElementType.F16 => DataType.Half,
        ElementType.I64 => DataType.Int64,
        ElementType.I32 => DataType.Int32,
        ElementType.I16 => DataType.Int16,
        ElementType.I8 => DataType.Int8,
        ElementType.U64 => DataType.UInt64,
        ElementType.U32 => DataType.UInt32,
        ElementType.U16 => DataType.UInt16,
        ElementType.U8 => DataType.UInt8,
        ElementType.Boolean => DataType.Bool,
        ElementType.BF16 => DataType.BFloat16,
        ElementType.String => DataType.String,
        _ => DataType.Invalid,
    };
}
