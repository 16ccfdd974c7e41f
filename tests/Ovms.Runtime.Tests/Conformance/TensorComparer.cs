using System.Globalization;
using System.Runtime.InteropServices;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Conformance;

/// <summary>The rules of the conformance data: type and shape exactly, values within abs + rel·|want|, NaN equals NaN, −0 equals 0.</summary>
internal static class TensorComparer
{
    /// <summary>Null when the output is right, else the reason with the first differing element.</summary>
    public static string? FindDifference(
        ElementType type, in Shape shape, ReadOnlySpan<byte> bytes, ConformanceTensor want, bool shapeOnly = false)
    {
        if (type != want.Type)
        {
            return $"type {type.IrName()}, expected {want.Type.IrName()}";
        }

        if (shape != want.Shape)
        {
            return $"shape {shape}, expected {want.Shape}";
        }

        if (shapeOnly)
        {
            return null;
        }

        if (bytes.Length != want.Bytes.Length)
        {
            return $"{bytes.Length} bytes, expected {want.Bytes.Length}";
        }

        if (want.Abs == 0 && want.Rel == 0 && !type.IsFloat())
        {
            return FindExact(type, bytes, want.Bytes.Span);
        }

        var count = (int)shape.ElementCount;
        var got = Widen(type, bytes, count);
        var expected = Widen(type, want.Bytes.Span, count);
        var differing = 0;
        string? first = null;
        for (var i = 0; i < count; i++)
        {
            if (!Matches(got[i], expected[i], want.Abs, want.Rel))
            {
                differing++;
                first ??= string.Create(CultureInfo.InvariantCulture, $"element {i}: {got[i]:R}, expected {expected[i]:R} (abs {want.Abs:G3}, rel {want.Rel:G3})");
            }
        }

        return first is null ? null : $"{first}; {differing} of {count} differ";
    }

    private static bool Matches(double got, double want, double abs, double rel)
    {
        if (double.IsNaN(want) || double.IsNaN(got))
        {
            return double.IsNaN(want) && double.IsNaN(got);
        }

        return got == want || (double.IsFinite(want) && Math.Abs(got - want) <= abs + (rel * Math.Abs(want)));
    }

    private static string? FindExact(ElementType type, ReadOnlySpan<byte> got, ReadOnlySpan<byte> want)
    {
        var at = got.CommonPrefixLength(want);
        if (at == got.Length)
        {
            return null;
        }

        var size = Math.Max(type.ByteSize(), 1);
        var element = at / size;
        return $"element {element}: {Text(type, got[(element * size)..])}, expected {Text(type, want[(element * size)..])}";
    }

    private static string Text(ElementType type, ReadOnlySpan<byte> bytes) => type switch
    {
        ElementType.I64 => MemoryMarshal.Read<long>(bytes).ToString(CultureInfo.InvariantCulture),
        ElementType.U64 => MemoryMarshal.Read<ulong>(bytes).ToString(CultureInfo.InvariantCulture),
        _ when type.ByteSize() > 0 && type != ElementType.String =>
            Widen(type, bytes, 1)[0].ToString("R", CultureInfo.InvariantCulture),
        _ => Convert.ToHexString(bytes[..1]),
    };

    private static double[] Widen(ElementType type, ReadOnlySpan<byte> bytes, int count)
    {
        // Aligned copies: the data of a case lies anywhere in its file.
        var aligned = bytes.ToArray();
        var wide = new double[count];
        for (var start = 0; start < count; start += ElementConversion.Block)
        {
            ElementConversion.ToDouble(type, aligned, start, wide.AsSpan(start, Math.Min(ElementConversion.Block, count - start)));
        }

        return wide;
    }
}
