namespace Ovms.Runtime.Tensors;

/// <summary>Facts about <see cref="ElementType"/>: size, IR name, precision name.</summary>
public static class ElementTypes
{
    /// <summary>Bits of one element; 0 for <see cref="ElementType.String"/> and <see cref="ElementType.Dynamic"/>.</summary>
    public static int BitSize(this ElementType type) => type switch
    {
        ElementType.U1 => 1,
        ElementType.U2 => 2,
        ElementType.I4 or ElementType.U4 or ElementType.NF4 or ElementType.F4E2M1 => 4,
        ElementType.Boolean or ElementType.I8 or ElementType.U8 or ElementType.F8E4M3 or ElementType.F8E5M2 or ElementType.F8E8M0 => 8,
        ElementType.F16 or ElementType.BF16 or ElementType.I16 or ElementType.U16 => 16,
        ElementType.F32 or ElementType.I32 or ElementType.U32 => 32,
        ElementType.F64 or ElementType.I64 or ElementType.U64 => 64,
        _ => 0,
    };

    /// <summary>Bytes of one element; 0 for sub-byte types, strings and unknown types.</summary>
    public static int ByteSize(this ElementType type) => type.BitSize() / 8;

    /// <summary>Bytes that <paramref name="count"/> elements take, the last byte possibly partly used.</summary>
    /// <exception cref="OverflowException">The result does not fit into 63 bits.</exception>
    public static long BytesFor(this ElementType type, long count) =>
        type.BitSize() >= 8 ? checked(count * type.ByteSize()) : checked((count * type.BitSize()) + 7) / 8;

    /// <summary>True for f16, bf16, f32 and f64.</summary>
    public static bool IsFloat(this ElementType type) =>
        type is ElementType.F16 or ElementType.BF16 or ElementType.F32 or ElementType.F64;

    /// <summary>True for the byte-sized and larger signed and unsigned integers (not boolean, not sub-byte).</summary>
    public static bool IsInteger(this ElementType type) => type is ElementType.I8 or ElementType.I16 or ElementType.I32 or ElementType.I64
        or ElementType.U8 or ElementType.U16 or ElementType.U32 or ElementType.U64;

    /// <summary>Name in IR attributes: <c>f32</c>, <c>boolean</c> (IR sheet §4).</summary>
    public static string IrName(this ElementType type) => type switch
    {
        ElementType.Boolean => "boolean",
        ElementType.Dynamic => "dynamic",
        ElementType.String => "string",
        _ => type.ToString().ToLowerInvariant(),
    };

    /// <summary>Name in port attributes, error texts and metadata: <c>FP32</c>, <c>BOOL</c> (W§2.3).</summary>
    public static string PrecisionName(this ElementType type) => type switch
    {
        ElementType.F64 => "FP64",
        ElementType.F32 => "FP32",
        ElementType.F16 => "FP16",
        ElementType.Boolean => "BOOL",
        ElementType.U1 => "BIN",
        ElementType.Dynamic => "UNSPECIFIED",
        ElementType.String => "STRING",
        _ => type.ToString(),
    };

    /// <summary>Reads an IR name (<c>f32</c>) or a precision name (<c>FP32</c>), in any case.</summary>
    public static bool TryParse(string text, out ElementType type)
    {
        foreach (var candidate in Enum.GetValues<ElementType>())
        {
            if (text.Equals(candidate.IrName(), StringComparison.OrdinalIgnoreCase)
                || text.Equals(candidate.PrecisionName(), StringComparison.OrdinalIgnoreCase))
            {
                type = candidate;
                return true;
            }
        }

        type = ElementType.Dynamic;
        return text.Equals("undefined", StringComparison.OrdinalIgnoreCase);
    }
}
