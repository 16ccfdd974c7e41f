using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>A function that is exact on every number type.</summary>
internal interface INumberFunction
{
    static abstract T Invoke<T>(T x)
        where T : unmanaged, INumber<T>;

    static abstract Vector256<T> Invoke<T>(Vector256<T> x)
        where T : unmanaged, INumber<T>;
}

/// <summary>Abs, Negative, Sign, ReLU: exact on all number types; integers wrap.</summary>
internal sealed class NumberOperation<TFunction>(GraphNode node) : UnaryOperation(node)
    where TFunction : struct, INumberFunction
{
    protected override bool Accepts(ElementType type) => RealMap.IsSupported(type);

    protected override void Map(OperationContext context, ElementType type, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        switch (type)
        {
            case ElementType.F32:
                Map<float>(source, destination);
                break;
            case ElementType.F64:
                Map<double>(source, destination);
                break;
            case ElementType.I8:
                Map<sbyte>(source, destination);
                break;
            case ElementType.I16:
                Map<short>(source, destination);
                break;
            case ElementType.I32:
                Map<int>(source, destination);
                break;
            case ElementType.I64:
                Map<long>(source, destination);
                break;
            case ElementType.U8:
                Map<byte>(source, destination);
                break;
            case ElementType.U16:
                Map<ushort>(source, destination);
                break;
            case ElementType.U32:
                Map<uint>(source, destination);
                break;
            default:
                Map<ulong>(source, destination);
                break;
        }
    }

    private static void Map<T>(ReadOnlySpan<byte> sourceBytes, Span<byte> destinationBytes)
        where T : unmanaged, INumber<T>
    {
        var source = MemoryMarshal.Cast<byte, T>(sourceBytes);
        var destination = MemoryMarshal.Cast<byte, T>(destinationBytes)[..source.Length];
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(destination);
        var i = 0;
        for (; i <= source.Length - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            TFunction.Invoke(Vector256.LoadUnsafe(ref from, (nuint)i)).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            destination[i] = TFunction.Invoke(source[i]);
        }
    }
}

/// <summary>The functions of <see cref="NumberOperation{TFunction}"/>.</summary>
internal static class NumberFunctions
{
    internal struct Abs : INumberFunction
    {
        // Not T.Abs: it throws for the smallest integer, which wraps to itself here.
        public static T Invoke<T>(T x)
            where T : unmanaged, INumber<T> => T.IsNegative(x) ? -x : x;

        public static Vector256<T> Invoke<T>(Vector256<T> x)
            where T : unmanaged, INumber<T> => Vector256.Abs(x);
    }

    internal struct Negative : INumberFunction
    {
        public static T Invoke<T>(T x)
            where T : unmanaged, INumber<T> => -x;

        public static Vector256<T> Invoke<T>(Vector256<T> x)
            where T : unmanaged, INumber<T> => -x;
    }

    internal struct Sign : INumberFunction
    {
        public static T Invoke<T>(T x)
            where T : unmanaged, INumber<T> => x > T.Zero ? T.One : x < T.Zero ? -T.One : x;

        public static Vector256<T> Invoke<T>(Vector256<T> x)
            where T : unmanaged, INumber<T> => Vector256.ConditionalSelect(
                Vector256.GreaterThan(x, Vector256<T>.Zero),
                Vector256<T>.One,
                Vector256.ConditionalSelect(Vector256.LessThan(x, Vector256<T>.Zero), -Vector256<T>.One, x));
    }

    // Keeps NaN, as the reference does.
    internal struct Relu : INumberFunction
    {
        public static T Invoke<T>(T x)
            where T : unmanaged, INumber<T> => x < T.Zero ? T.Zero : x;

        public static Vector256<T> Invoke<T>(Vector256<T> x)
            where T : unmanaged, INumber<T> => Vector256.AndNot(x, Vector256.LessThan(x, Vector256<T>.Zero));
    }
}
