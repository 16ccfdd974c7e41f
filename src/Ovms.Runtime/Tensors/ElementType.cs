namespace Ovms.Runtime.Tensors;

/// <summary>Element type of a tensor. Sub-byte types occur as constants only.</summary>
/// <remarks>Source: IR sheet §4. Names, sizes and packing are in <see cref="ElementTypes"/>.</remarks>
public enum ElementType : byte
{
    /// <summary>Unknown until run time.</summary>
    Dynamic = 0,
    /// <summary>One byte, 0 or 1.</summary>
    Boolean,
    BF16,
    F16,
    F32,
    F64,
    /// <summary>Two values a byte, low nibble first, two's complement.</summary>
    I4,
    I8,
    I16,
    I32,
    I64,
    /// <summary>Eight values a byte, most significant bit first.</summary>
    U1,
    /// <summary>Four values a byte, lowest bits first.</summary>
    U2,
    /// <summary>Two values a byte, low nibble first.</summary>
    U4,
    U8,
    U16,
    U32,
    U64,
    /// <summary>Normal-float code book, two values a byte, low nibble first.</summary>
    NF4,
    F4E2M1,
    F8E4M3,
    F8E5M2,
    F8E8M0,
    /// <summary>UTF-8 strings; not a fixed-size type.</summary>
    String,
}
