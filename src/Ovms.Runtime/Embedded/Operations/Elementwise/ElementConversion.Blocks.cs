using System.Numerics;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>The block readers and writers behind every pair of types without a loop of its own.</summary>
internal static partial class ElementConversion
{
    private static void ReadInteger(ElementType from, ReadOnlySpan<byte> source, int start, Span<long> destination)
    {
        switch (from)
        {
            case ElementType.I8:
                Widen(Cast<sbyte>(source)[start..], destination);
                break;
            case ElementType.I16:
                Widen(Cast<short>(source)[start..], destination);
                break;
            case ElementType.I32:
                Widen(Cast<int>(source)[start..], destination);
                break;
            case ElementType.I64 or ElementType.U64:
                Cast<long>(source).Slice(start, destination.Length).CopyTo(destination);
                break;
            case ElementType.U8:
                Widen(source[start..], destination);
                break;
            case ElementType.U16:
                Widen(Cast<ushort>(source)[start..], destination);
                break;
            case ElementType.U32:
                Widen(Cast<uint>(source)[start..], destination);
                break;
            case ElementType.Boolean:
                for (var i = 0; i < destination.Length; i++)
                {
                    destination[i] = source[start + i] != 0 ? 1 : 0;
                }

                break;
            default:
                for (var i = 0; i < destination.Length; i++)
                {
                    destination[i] = from == ElementType.I4 ? ReadBits(source, start + i, 4) << 60 >> 60 : ReadBits(from, source, start + i);
                }

                break;
        }
    }

    private static void Widen<T>(ReadOnlySpan<T> source, Span<long> destination)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (var i = 0; i < destination.Length; i++)
        {
            destination[i] = long.CreateTruncating(source[i]);
        }
    }

    private static void ReadReal(ElementType from, ReadOnlySpan<byte> source, int start, Span<double> destination)
    {
        for (var i = 0; i < destination.Length; i++)
        {
            var at = start + i;
            destination[i] = from switch
            {
                ElementType.F32 => Cast<float>(source)[at],
                ElementType.F64 => Cast<double>(source)[at],
                ElementType.F16 => (double)Cast<Half>(source)[at],
                ElementType.BF16 => LowPrecision.FromBFloat16(Cast<ushort>(source)[at]),
                ElementType.F8E4M3 => LowPrecision.FromF8E4M3(source[at]),
                ElementType.F8E5M2 => LowPrecision.FromF8E5M2(source[at]),
                ElementType.F8E8M0 => LowPrecision.FromF8E8M0(source[at]),
                ElementType.NF4 => LowPrecision.NormalFloat4[(int)ReadBits(source, at, 4)],
                _ => LowPrecision.FromF4E2M1((int)ReadBits(source, at, 4)),
            };
        }
    }

    private static void WriteInteger(ReadOnlySpan<long> source, bool unsigned, ElementType to, Span<byte> destination, int start)
    {
        switch (to)
        {
            case ElementType.I8 or ElementType.U8:
                Narrow(source, destination[start..]);
                break;
            case ElementType.I16 or ElementType.U16:
                Narrow(source, Cast<ushort>(destination)[start..]);
                break;
            case ElementType.I32 or ElementType.U32:
                Narrow(source, Cast<uint>(destination)[start..]);
                break;
            case ElementType.I64 or ElementType.U64:
                source.CopyTo(Cast<long>(destination)[start..]);
                break;
            case ElementType.Boolean:
                for (var i = 0; i < source.Length; i++)
                {
                    destination[start + i] = source[i] != 0 ? (byte)1 : (byte)0;
                }

                break;
            case ElementType.F32:
                for (var i = 0; i < source.Length; i++)
                {
                    // Straight to f32: through f64 large integers would be rounded twice.
                    Cast<float>(destination)[start + i] = unsigned ? (ulong)source[i] : source[i];
                }

                break;
            case ElementType.I4 or ElementType.U4 or ElementType.U2:
                for (var i = 0; i < source.Length; i++)
                {
                    WriteBits(to, destination, start + i, source[i]);
                }

                break;
            case ElementType.U1:
                for (var i = 0; i < source.Length; i++)
                {
                    WriteBits(to, destination, start + i, source[i] != 0 ? 1 : 0);
                }

                break;
            default:
                for (var i = 0; i < source.Length; i++)
                {
                    WriteReal(unsigned ? (ulong)source[i] : source[i], to, destination, start + i);
                }

                break;
        }
    }

    private static void Narrow<T>(ReadOnlySpan<long> source, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = T.CreateTruncating(source[i]);
        }
    }

    private static void WriteReal(ReadOnlySpan<double> source, ElementType to, Span<byte> destination, int start, bool fromDouble)
    {
        if (IsReal(to))
        {
            for (var i = 0; i < source.Length; i++)
            {
                WriteReal(source[i], to, destination, start + i);
            }

            return;
        }

        Span<long> integers = stackalloc long[Block];
        integers = integers[..source.Length];
        for (var i = 0; i < source.Length; i++)
        {
            integers[i] = ToInteger(source[i], to, fromDouble);
        }

        WriteInteger(integers, unsigned: false, to, destination, start);
    }

    // What does not fit the destination's own range or the 32 bits that OpenVINO's CPU device computes with is undefined in the reference;
    // the values below are that device's (IR sheet §12.5): the smallest i32 for f32 sources, saturation for f64 sources, the low bits of
    // the i32 for narrow types.
    private static long ToInteger(double value, ElementType to, bool fromDouble)
    {
        switch (to)
        {
            case ElementType.Boolean or ElementType.U1:
                return value != 0 ? 1 : 0;
            case ElementType.I64:
                return value is >= -9223372036854775808.0 and < 9223372036854775808.0 ? (long)value : long.MinValue;
            case ElementType.U64:
                return value is >= 9223372036854775808.0 and < 18446744073709551616.0 ? (long)(ulong)value
                    : value is > -9223372036854775808.0 and < 9223372036854775808.0 ? (long)value
                    : int.MinValue;
            case ElementType.U32:
                return value is > -2147483649.0 and < 4294967296.0 ? (long)value : int.MinValue;
            default:
                if (value is > -2147483649.0 and < 2147483648.0)
                {
                    return (long)value;
                }

                return fromDouble && value > 0 ? int.MaxValue : int.MinValue;
        }
    }

    private static void WriteReal(double value, ElementType to, Span<byte> destination, int at)
    {
        switch (to)
        {
            case ElementType.F32:
                Cast<float>(destination)[at] = (float)value;
                break;
            case ElementType.F64:
                Cast<double>(destination)[at] = value;
                break;
            case ElementType.F16:
                Cast<Half>(destination)[at] = (Half)value;
                break;
            case ElementType.BF16:
                Cast<ushort>(destination)[at] = LowPrecision.ToBFloat16(value);
                break;
            case ElementType.F8E4M3:
                destination[at] = LowPrecision.ToF8E4M3(value);
                break;
            case ElementType.F8E5M2:
                destination[at] = LowPrecision.ToF8E5M2(value);
                break;
            case ElementType.F8E8M0:
                destination[at] = LowPrecision.ToF8E8M0(value);
                break;
            case ElementType.NF4:
                WriteBits(to, destination, at, LowPrecision.ToNormalFloat4(value));
                break;
            default:
                WriteBits(to, destination, at, LowPrecision.ToF4E2M1(value));
                break;
        }
    }

    private static long ReadBits(ElementType type, ReadOnlySpan<byte> source, int at) =>
        type == ElementType.U1 ? (source[at >> 3] >> (7 - (at & 7))) & 1 : ReadBits(source, at, type.BitSize());

    private static long ReadBits(ReadOnlySpan<byte> source, int at, int bits)
    {
        var perByte = 8 / bits;
        return (source[at / perByte] >> (at % perByte * bits)) & ((1 << bits) - 1);
    }

    // The destination starts cleared, so that values are only ever or-ed in.
    private static void WriteBits(ElementType type, Span<byte> destination, int at, long value)
    {
        if (type == ElementType.U1)
        {
            destination[at >> 3] |= (byte)(value << (7 - (at & 7)));
            return;
        }

        var bits = type.BitSize();
        var perByte = 8 / bits;
        destination[at / perByte] |= (byte)((value & ((1 << bits) - 1)) << (at % perByte * bits));
    }
}
