using System.Buffers.Binary;
using System.Globalization;

namespace Ovms.Server.FunctionalTests.Models;

/// <summary>Element types as the cases name them: size, number on the wire, text in JSON, value.</summary>
internal static class ElementTable
{
    private static readonly string[] s_types = ["f32", "f64", "f16", "bf16", "i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8", "boolean"];

    /// <summary><c>tensorflow.DataType</c> (W§1.3). bf16 is served as DT_BFLOAT16, which upstream does not (W§1.6).</summary>
    public static int DataType(string type) => type switch
    {
        "f32" => 1,
        "f64" => 2,
        "i32" => 3,
        "u8" => 4,
        "i16" => 5,
        "i8" => 6,
        "string" => 7,
        "i64" => 9,
        "boolean" => 10,
        "bf16" => 14,
        "u16" => 17,
        "f16" => 19,
        "u32" => 22,
        "u64" => 23,
        _ => 0,
    };

    /// <summary>Name in the JSON of the metadata.</summary>
    public static string DataTypeName(string type) => type switch
    {
        "f32" => "DT_FLOAT",
        "f64" => "DT_DOUBLE",
        "f16" => "DT_HALF",
        "boolean" => "DT_BOOL",
        "string" => "DT_STRING",
        "bf16" => "DT_BFLOAT16",
        _ => (type[0] == 'i' ? "DT_INT" : "DT_UINT") + type[1..],
    };

    /// <summary>Name of a number of <c>tensorflow.DataType</c>.</summary>
    public static string DataTypeName(int dataType) =>
        s_types.FirstOrDefault(type => DataType(type) == dataType) is { } found ? DataTypeName(found) : dataType == 0 ? "DT_INVALID" : $"type {dataType}";

    /// <summary>Bytes of an element.</summary>
    public static int Size(string type) => type switch
    {
        "f64" or "i64" or "u64" => 8,
        "f32" or "i32" or "u32" => 4,
        "f16" or "bf16" or "i16" or "u16" => 2,
        _ => 1,
    };

    /// <summary>An element as JSON.</summary>
    public static string ToJson(string type, ReadOnlySpan<byte> data) => type switch
    {
        "boolean" => data[0] != 0 ? "true" : "false",
        "i64" => BinaryPrimitives.ReadInt64LittleEndian(data).ToString(CultureInfo.InvariantCulture),
        "u64" => BinaryPrimitives.ReadUInt64LittleEndian(data).ToString(CultureInfo.InvariantCulture),
        "f32" => BinaryPrimitives.ReadSingleLittleEndian(data).ToString("R", CultureInfo.InvariantCulture),
        _ => ToDouble(type, data).ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>Reads an element from JSON text.</summary>
    public static void FromJson(string type, string text, Span<byte> data)
    {
        var number = CultureInfo.InvariantCulture;
        switch (type)
        {
            case "boolean":
                data[0] = (byte)(bool.Parse(text) ? 1 : 0);
                break;
            case "f64":
                BinaryPrimitives.WriteDoubleLittleEndian(data, double.Parse(text, number));
                break;
            case "f32":
                BinaryPrimitives.WriteSingleLittleEndian(data, float.Parse(text, number));
                break;
            case "f16":
                BinaryPrimitives.WriteHalfLittleEndian(data, Half.Parse(text, number));
                break;
            case "bf16":
                BinaryPrimitives.WriteUInt16LittleEndian(data, (ushort)(BitConverter.SingleToUInt32Bits(float.Parse(text, number)) >> 16));
                break;
            case "u64":
                BinaryPrimitives.WriteUInt64LittleEndian(data, ulong.Parse(text, NumberStyles.None, number));
                break;
            default:
                Span<byte> wide = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(wide, long.Parse(text, NumberStyles.AllowLeadingSign, number));
                wide[..Size(type)].CopyTo(data);
                break;
        }
    }

    /// <summary>An element as a number; 64-bit integers lose their low bits.</summary>
    public static double ToDouble(string type, ReadOnlySpan<byte> data) => type switch
    {
        "f64" => BinaryPrimitives.ReadDoubleLittleEndian(data),
        "f32" => BinaryPrimitives.ReadSingleLittleEndian(data),
        "f16" => (double)BinaryPrimitives.ReadHalfLittleEndian(data),
        "bf16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(data) << 16),
        "i64" => BinaryPrimitives.ReadInt64LittleEndian(data),
        "u64" => BinaryPrimitives.ReadUInt64LittleEndian(data),
        "i32" => BinaryPrimitives.ReadInt32LittleEndian(data),
        "u32" => BinaryPrimitives.ReadUInt32LittleEndian(data),
        "i16" => BinaryPrimitives.ReadInt16LittleEndian(data),
        "u16" => BinaryPrimitives.ReadUInt16LittleEndian(data),
        "i8" => (sbyte)data[0],
        _ => data[0],
    };

}
