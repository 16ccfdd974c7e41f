using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>Converts elements between types as Convert does (IR sheet §12.5): truncation towards zero, integers modulo 2^N, round to
/// nearest even for floating point, boolean is "not zero".</summary>
/// <remarks>Frequent pairs have direct loops; all others go through blocks of i64 (integer sources) or f64 (floating-point sources), which
/// hold every source value exactly.</remarks>
internal static partial class ElementConversion
{
    /// <summary>Elements a block holds: 512 bytes on the stack, and a multiple of eight so that sub-byte blocks start on a byte.</summary>
    public const int Block = 64;

    /// <summary>Whether elements of <paramref name="from"/> can become <paramref name="to"/>.</summary>
    public static bool IsSupported(ElementType from, ElementType to) =>
        (from == to) || (from is not (ElementType.String or ElementType.Dynamic) && to is not (ElementType.String or ElementType.Dynamic));

    /// <summary>Converts <paramref name="count"/> elements.</summary>
    /// <param name="from">Type of <paramref name="source"/>; sub-byte types are packed.</param>
    /// <param name="source">At least <see cref="ElementTypes.BytesFor"/> bytes.</param>
    /// <param name="to">Type of <paramref name="destination"/>.</param>
    /// <param name="destination">At least <see cref="ElementTypes.BytesFor"/> bytes; does not overlap <paramref name="source"/>.</param>
    /// <param name="count">Number of elements.</param>
    public static void Convert(ElementType from, ReadOnlySpan<byte> source, ElementType to, Span<byte> destination, int count)
    {
        if (from == to)
        {
            source[..(int)from.BytesFor(count)].CopyTo(destination);
        }
        else if (!TryConvertDirect(from, source, to, destination, count))
        {
            ConvertByBlocks(from, source, to, destination, count);
        }
    }

    /// <summary>Widens up to <see cref="Block"/> elements from element <paramref name="start"/> (a multiple of eight) to f64.</summary>
    public static void ToDouble(ElementType from, ReadOnlySpan<byte> source, int start, Span<double> destination)
    {
        if (IsReal(from))
        {
            ReadReal(from, source, start, destination);
            return;
        }

        Span<long> wide = stackalloc long[Block];
        wide = wide[..destination.Length];
        ReadInteger(from, source, start, wide);
        for (var i = 0; i < wide.Length; i++)
        {
            destination[i] = from == ElementType.U64 ? (ulong)wide[i] : wide[i];
        }
    }

    /// <summary>Narrows up to <see cref="Block"/> f64 values to elements from <paramref name="start"/> (a multiple of eight).</summary>
    public static void FromDouble(ReadOnlySpan<double> source, ElementType to, Span<byte> destination, int start) =>
        WriteReal(source, to, destination, start, fromDouble: true);

    /// <summary>Reads one element of an integer type (or boolean), widened; u64 beyond 63 bits becomes the largest i64.</summary>
    public static long ReadIndex(TensorValue value, int index)
    {
        Span<long> one = stackalloc long[1];
        var size = value.Type.ByteSize();
        ReadInteger(value.Type, value.Bytes.Slice(index * size, size), 0, one);
        return value.Type == ElementType.U64 && one[0] < 0 ? long.MaxValue : one[0];
    }

    /// <summary>Reads one element of a byte-sized or larger type as f64.</summary>
    public static double ReadScalar(TensorValue value, int index = 0)
    {
        Span<double> one = stackalloc double[1];
        var size = value.Type.ByteSize();
        ToDouble(value.Type, value.Bytes.Slice(index * size, size), 0, one);
        return one[0];
    }

    private static bool IsReal(ElementType type) => type.IsFloat()
        || type is ElementType.NF4 or ElementType.F4E2M1 or ElementType.F8E4M3 or ElementType.F8E5M2 or ElementType.F8E8M0;

    private static void ConvertByBlocks(ElementType from, ReadOnlySpan<byte> source, ElementType to, Span<byte> destination, int count)
    {
        if (to.BitSize() < 8)
        {
            destination[..(int)to.BytesFor(count)].Clear();
        }

        Span<long> integers = stackalloc long[Block];
        Span<double> reals = stackalloc double[Block];
        var real = IsReal(from);
        for (var start = 0; start < count; start += Block)
        {
            var length = Math.Min(Block, count - start);
            if (real)
            {
                ReadReal(from, source, start, reals[..length]);
                WriteReal(reals[..length], to, destination, start, from == ElementType.F64);
            }
            else
            {
                ReadInteger(from, source, start, integers[..length]);
                WriteInteger(integers[..length], from == ElementType.U64, to, destination, start);
            }
        }
    }

    private static bool TryConvertDirect(ElementType from, ReadOnlySpan<byte> source, ElementType to, Span<byte> destination, int count)
    {
        switch (from, to)
        {
            case (ElementType.F32, ElementType.F16):
                TensorPrimitives.ConvertToHalf(Cast<float>(source)[..count], Cast<Half>(destination)[..count]);
                return true;
            case (ElementType.F16, ElementType.F32):
                TensorPrimitives.ConvertToSingle(Cast<Half>(source)[..count], Cast<float>(destination)[..count]);
                return true;
            case (ElementType.F32, ElementType.BF16):
                NarrowToBFloat16(Cast<float>(source)[..count], Cast<ushort>(destination)[..count]);
                return true;
            case (ElementType.BF16, ElementType.F32):
                WidenBFloat16(Cast<ushort>(source)[..count], Cast<float>(destination)[..count]);
                return true;
            case (ElementType.U8 or ElementType.Boolean, ElementType.F32):
                WidenBytes(source[..count], Cast<float>(destination)[..count]);
                return true;
            case (ElementType.I8, ElementType.F32):
                return Map<sbyte, float>(source, destination, count);
            case (ElementType.I32, ElementType.F32):
                return Map<int, float>(source, destination, count);
            case (ElementType.I64, ElementType.F32):
                return Map<long, float>(source, destination, count);
            case (ElementType.I64, ElementType.I32):
                return Map<long, int>(source, destination, count);
            case (ElementType.I32, ElementType.I64):
                return Map<int, long>(source, destination, count);
            case (ElementType.F32, ElementType.F64):
                return Map<float, double>(source, destination, count);
            case (ElementType.F64, ElementType.F32):
                return Map<double, float>(source, destination, count);
            case (ElementType.F32, ElementType.I32):
                TruncateToInt32(Cast<float>(source)[..count], Cast<int>(destination)[..count]);
                return true;
            default:
                return false;
        }
    }

    private static bool Map<TFrom, TTo>(ReadOnlySpan<byte> source, Span<byte> destination, int count)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>
    {
        TensorPrimitives.ConvertTruncating<TFrom, TTo>(Cast<TFrom>(source)[..count], Cast<TTo>(destination)[..count]);
        return true;
    }

    private static void WidenBytes(ReadOnlySpan<byte> source, Span<float> destination)
    {
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(destination);
        var i = 0;
        for (; i <= source.Length - 16; i += 16)
        {
            var words = Vector256.WidenLower(Vector128.LoadUnsafe(ref from, (nuint)i).ToVector256Unsafe());
            var (low, high) = Vector256.Widen(words);
            Vector256.ConvertToSingle(low.AsInt32()).StoreUnsafe(ref to, (nuint)i);
            Vector256.ConvertToSingle(high.AsInt32()).StoreUnsafe(ref to, (nuint)i + 8);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = source[i];
        }
    }

    private static void WidenBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(destination);
        var i = 0;
        for (; i <= source.Length - 16; i += 16)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
            (low << 16).AsSingle().StoreUnsafe(ref to, (nuint)i);
            (high << 16).AsSingle().StoreUnsafe(ref to, (nuint)i + 8);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = LowPrecision.FromBFloat16(source[i]);
        }
    }

    private static void NarrowToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(destination);
        var i = 0;
        for (; i <= source.Length - 16; i += 16)
        {
            var low = RoundToBFloat16(Vector256.LoadUnsafe(ref from, (nuint)i));
            var high = RoundToBFloat16(Vector256.LoadUnsafe(ref from, (nuint)i + 8));
            Vector256.Narrow(low, high).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = LowPrecision.ToBFloat16(source[i]);
        }
    }

    private static Vector256<uint> RoundToBFloat16(Vector256<float> value)
    {
        // Adding 0x7fff plus the lowest kept bit rounds to nearest even; a NaN is kept quiet instead, as the carry could make it infinite.
        var bits = value.AsUInt32();
        var rounded = (bits + Vector256.Create(0x7fffu) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        var quiet = (bits >> 16) | Vector256.Create(0x40u);
        return Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), rounded, quiet);
    }

    private static void TruncateToInt32(ReadOnlySpan<float> source, Span<int> destination)
    {
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(destination);
        var limit = Vector256.Create(2147483648f);
        var i = 0;
        for (; i <= source.Length - 8; i += 8)
        {
            // Out of range and NaN give the smallest integer on every machine; -2^31 itself converts to it anyway.
            var value = Vector256.LoadUnsafe(ref from, (nuint)i);
            var fits = Vector256.LessThan(Vector256.Abs(value), limit);
            var truncated = Vector256.ConvertToInt32(Vector256.ConditionalSelect(fits, value, Vector256<float>.Zero));
            Vector256.ConditionalSelect(fits.AsInt32(), truncated, Vector256.Create(int.MinValue)).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = MathF.Abs(source[i]) < 2147483648f ? (int)source[i] : int.MinValue;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<T> Cast<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Span<T> Cast<T>(Span<byte> bytes)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes);
}
