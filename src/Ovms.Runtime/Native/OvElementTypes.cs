using System.Diagnostics;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Native;

/// <summary>Translates <see cref="ElementType"/> to and from the numbers of the loaded release: they were changed twice (C§4.2).</summary>
internal sealed class OvElementTypes
{
    // Undefined or dynamic come first. Null: a type without a name here (u3, u6).
    private static readonly ElementType?[] s_tableA =
    [
        ElementType.Dynamic, ElementType.Dynamic, ElementType.Boolean, ElementType.BF16, ElementType.F16, ElementType.F32, ElementType.F64,
        ElementType.I4, ElementType.I8, ElementType.I16, ElementType.I32, ElementType.I64, ElementType.U1, ElementType.U4, ElementType.U8,
        ElementType.U16, ElementType.U32, ElementType.U64, ElementType.NF4, ElementType.F8E4M3, ElementType.F8E5M2,
    ];

    private static readonly ElementType?[] s_tableC =
    [
        ElementType.Dynamic, ElementType.Boolean, ElementType.BF16, ElementType.F16, ElementType.F32, ElementType.F64,
        ElementType.I4, ElementType.I8, ElementType.I16, ElementType.I32, ElementType.I64, ElementType.U1, ElementType.U2, null,
        ElementType.U4, null, ElementType.U8, ElementType.U16, ElementType.U32, ElementType.U64, ElementType.NF4, ElementType.F8E4M3,
        ElementType.F8E5M2, ElementType.String, ElementType.F4E2M1, ElementType.F8E8M0,
    ];

    // B is C with one more number in front: undefined and dynamic were two.
    private static readonly ElementType?[] s_tableB = [ElementType.Dynamic, .. s_tableC];

    private readonly ElementType?[] _fromNative;
    private readonly int[] _toNative;

    private OvElementTypes(char table, ElementType?[] fromNative)
    {
        Table = table;
        _fromNative = fromNative;
        _toNative = new int[(int)ElementType.String + 1];
        Array.Fill(_toNative, -1);
        for (var i = 0; i < fromNative.Length; i++)
        {
            if (fromNative[i] is { } type)
            {
                _toNative[(int)type] = i;
            }
        }
    }

    /// <summary>A: up to 2024.1; B: 2024.2 to 2025.0; C: from 2025.1.</summary>
    public char Table { get; }

    /// <summary>The table for what <paramref name="byteSize"/> says about this library, whatever its version.</summary>
    /// <param name="byteSize">Bytes of a tensor of 8 elements of a number, or −1 where it cannot be made.</param>
    /// <returns>Null when no table fits.</returns>
    public static OvElementTypes? Probe(Func<int, long> byteSize)
    {
        var types = byteSize(4) == 32 ? new OvElementTypes('C', s_tableC)
            : byteSize(14) == 8 ? new OvElementTypes('A', s_tableA)
            : new OvElementTypes('B', s_tableB);
        ReadOnlySpan<ElementType> samples =
        [
            ElementType.F32, ElementType.I64, ElementType.U8, ElementType.F16, ElementType.Boolean, ElementType.BF16, ElementType.F64,
            ElementType.I8, ElementType.I16, ElementType.I32, ElementType.U16, ElementType.U32, ElementType.U64,
        ];
        foreach (var sample in samples)
        {
            if (byteSize(types.ToNative(sample)) != sample.ByteSize() * 8)
            {
                return null;
            }
        }

        return types;
    }

    /// <summary>The library's number, −1 when this release does not have the type.</summary>
    public int ToNative(ElementType type)
    {
        Debug.Assert((int)type < _toNative.Length, "all types of the enum have a place");
        return _toNative[(int)type];
    }

    /// <summary>The type of a number; false for numbers without a name here.</summary>
    public bool TryFromNative(int number, out ElementType type)
    {
        type = (uint)number < (uint)_fromNative.Length && _fromNative[number] is { } known ? known : ElementType.Dynamic;
        return (uint)number < (uint)_fromNative.Length && _fromNative[number] is not null;
    }
}
