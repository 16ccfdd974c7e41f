using System.Runtime.InteropServices;
using Ovms.Runtime.Tensors;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Where the elements of a tensor lie and how they reach the tensor's memory.</summary>
/// <remarks>
/// The rule of W§1.6: <c>tensor_content</c> when it is not empty, else the field of values that belongs to the type.
/// For FP16, BF16 and U16 the field of values wins when its count is right. Copying writes every byte once.
/// </remarks>
internal sealed partial class TensorProto
{
    /// <summary>Whether the type's elements come, by TensorFlow's convention, in a field of values (W§1.6: errors count values, not bytes).</summary>
    public static bool IsCountedInValues(ElementType type) => type is ElementType.F16 or ElementType.BF16 or ElementType.U16;

    /// <summary>Elements in the field of values that belongs to <paramref name="type"/>; 0 for types without one.</summary>
    public long ValueCount(ElementType type) => type switch
    {
        ElementType.F32 => FloatVal.Count,
        ElementType.F64 => DoubleVal.Count,
        ElementType.I32 or ElementType.I16 or ElementType.I8 or ElementType.U8 or ElementType.U16 => IntVal.Count,
        ElementType.I64 => Int64Val.Count,
        ElementType.U32 => Uint32Val.Count,
        ElementType.U64 => Uint64Val.Count,
        ElementType.Boolean => BoolVal.Count,
        ElementType.F16 or ElementType.BF16 => HalfVal.Count,
        _ => 0,
    };

    /// <summary>Whether the content is exactly <paramref name="elementCount"/> elements of <paramref name="type"/>.</summary>
    public bool HasContent(ElementType type, long elementCount)
    {
        if (IsCountedInValues(type) && ValueCount(type) == elementCount && elementCount > 0)
        {
            return true;
        }

        return TensorContent.IsEmpty
            ? ValueCount(type) == elementCount
            : type.ByteSize() > 0 && TensorContent.Length == type.BytesFor(elementCount);
    }

    /// <summary>Copies the content, of which <see cref="HasContent"/> was true, as row-major little-endian elements of <paramref name="type"/>.</summary>
    /// <param name="type">Element type of the model's input.</param>
    /// <param name="destination">Exactly the tensor's bytes, aligned to the element.</param>
    public void CopyContentTo(ElementType type, Span<byte> destination)
    {
        var elementSize = type.ByteSize();
        var useValues = TensorContent.IsEmpty
            || (IsCountedInValues(type) && ValueCount(type) * elementSize == destination.Length);
        if (!useValues)
        {
            TensorContent.CopyTo(destination);
            return;
        }

        switch (type)
        {
            case ElementType.F32:
                FloatVal.CopyTo(MemoryMarshal.Cast<byte, float>(destination));
                break;
            case ElementType.F64:
                DoubleVal.CopyTo(MemoryMarshal.Cast<byte, double>(destination));
                break;
            case ElementType.I64:
                Int64Val.CopyTo(MemoryMarshal.Cast<byte, long>(destination));
                break;
            case ElementType.I32:
                IntVal.CopyTo(MemoryMarshal.Cast<byte, int>(destination));
                break;
            case ElementType.I16:
                IntVal.CopyTo<short>(MemoryMarshal.Cast<byte, short>(destination));
                break;
            case ElementType.U16:
                IntVal.CopyTo<ushort>(MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            case ElementType.I8:
                IntVal.CopyTo<sbyte>(MemoryMarshal.Cast<byte, sbyte>(destination));
                break;
            case ElementType.U8:
                IntVal.CopyTo<byte>(destination);
                break;
            case ElementType.U32:
                Uint32Val.CopyTo(MemoryMarshal.Cast<byte, uint>(destination));
                break;
            case ElementType.U64:
                Uint64Val.CopyTo(MemoryMarshal.Cast<byte, ulong>(destination));
                break;
            case ElementType.Boolean:
                BoolVal.CopyTo<byte>(destination);
                break;
            case ElementType.F16 or ElementType.BF16:
                HalfVal.CopyTo<ushort>(MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "the type has no content");
        }
    }
}
