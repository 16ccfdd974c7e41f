using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>A function of one real number. A struct, so that its parameters live in registers and every loop is specialised.</summary>
internal interface IRealFunction
{
    /// <summary>Whether the vector form exists; otherwise f32 goes through f64.</summary>
    bool IsVectorized { get; }

    /// <summary>The function in f64.</summary>
    double Invoke(double x);

    /// <summary>The function on eight f32 values; only when <see cref="IsVectorized"/>.</summary>
    Vector256<float> Invoke(Vector256<float> x);
}

/// <summary>Applies an <see cref="IRealFunction"/> to elements of f32, f64 or any integer type. Integer results are rounded to the nearest
/// integer, as the reference does, and wrap.</summary>
internal static class RealMap
{
    /// <summary>Whether elements of this type can be mapped.</summary>
    public static bool IsSupported(ElementType type) => type is ElementType.F32 or ElementType.F64 || type.IsInteger();

    /// <summary>Maps all elements of <paramref name="source"/>.</summary>
    public static void Run<TFunction>(TFunction function, ElementType type, ReadOnlySpan<byte> source, Span<byte> destination)
        where TFunction : struct, IRealFunction
    {
        switch (type)
        {
            case ElementType.F32:
                Run(function, MemoryMarshal.Cast<byte, float>(source), MemoryMarshal.Cast<byte, float>(destination));
                break;
            case ElementType.F64:
                Run(function, MemoryMarshal.Cast<byte, double>(source), MemoryMarshal.Cast<byte, double>(destination));
                break;
            default:
                RunIntegers(function, type, source, destination);
                break;
        }
    }

    /// <summary>Maps f32 values.</summary>
    public static void Run<TFunction>(TFunction function, ReadOnlySpan<float> source, Span<float> destination)
        where TFunction : struct, IRealFunction
    {
        if (!function.IsVectorized)
        {
            for (var i = 0; i < source.Length; i++)
            {
                destination[i] = (float)function.Invoke((double)source[i]);
            }

            return;
        }

        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(destination[..source.Length]);
        var at = 0;
        for (; at <= source.Length - 8; at += 8)
        {
            function.Invoke(Vector256.LoadUnsafe(ref from, (nuint)at)).StoreUnsafe(ref to, (nuint)at);
        }

        if (at < source.Length)
        {
            // The tail takes the vector form too, so that a value does not depend on its position.
            Span<float> tail = stackalloc float[8];
            tail.Clear();
            source[at..].CopyTo(tail);
            function.Invoke(Vector256.Create((ReadOnlySpan<float>)tail)).CopyTo(tail);
            tail[..(source.Length - at)].CopyTo(destination[at..]);
        }
    }

    private static void Run<TFunction>(TFunction function, ReadOnlySpan<double> source, Span<double> destination)
        where TFunction : struct, IRealFunction
    {
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = function.Invoke(source[i]);
        }
    }

    private static void RunIntegers<TFunction>(TFunction function, ElementType type, ReadOnlySpan<byte> source, Span<byte> destination)
        where TFunction : struct, IRealFunction
    {
        Span<double> block = stackalloc double[ElementConversion.Block];
        var count = source.Length / type.ByteSize();
        for (var start = 0; start < count; start += ElementConversion.Block)
        {
            var values = block[..Math.Min(ElementConversion.Block, count - start)];
            ElementConversion.ToDouble(type, source, start, values);
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = Math.Round(function.Invoke(values[i]), MidpointRounding.AwayFromZero);
            }

            ElementConversion.FromDouble(values, type, destination, start);
        }
    }
}
