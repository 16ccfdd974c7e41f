using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>Clamp-1. Integer bounds are ceil(min) and floor(max), saturated to the type. NaN is kept, as the reference does.</summary>
internal sealed class ClampOperation : UnaryOperation
{
    private readonly double _min;
    private readonly double _max;

    public ClampOperation(GraphNode node)
        : base(node)
    {
        // Not written means zero: the class' own default (IR sheet §3).
        (_min, _max) = (node.Attributes.GetFloat("min", 0), node.Attributes.GetFloat("max", 0));
        if (!(_min <= _max))
        {
            throw node.Error($"min {_min} is above max {_max}");
        }
    }

    protected override bool Accepts(ElementType type) => RealMap.IsSupported(type);

    protected override void Map(OperationContext context, ElementType type, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        switch (type)
        {
            case ElementType.F32:
                Map(source, destination, (float)_min, (float)_max);
                break;
            case ElementType.F64:
                Map(source, destination, _min, _max);
                break;
            case ElementType.I8:
                MapIntegers<sbyte>(source, destination);
                break;
            case ElementType.I16:
                MapIntegers<short>(source, destination);
                break;
            case ElementType.I32:
                MapIntegers<int>(source, destination);
                break;
            case ElementType.I64:
                MapIntegers<long>(source, destination);
                break;
            case ElementType.U8:
                MapIntegers<byte>(source, destination);
                break;
            case ElementType.U16:
                MapIntegers<ushort>(source, destination);
                break;
            case ElementType.U32:
                MapIntegers<uint>(source, destination);
                break;
            default:
                MapIntegers<ulong>(source, destination);
                break;
        }
    }

    private void MapIntegers<T>(ReadOnlySpan<byte> source, Span<byte> destination)
        where T : unmanaged, IBinaryInteger<T> =>
        Map(source, destination, T.CreateSaturating(Math.Ceiling(_min)), T.CreateSaturating(Math.Floor(_max)));

    private static void Map<T>(ReadOnlySpan<byte> sourceBytes, Span<byte> destinationBytes, T min, T max)
        where T : unmanaged, INumber<T>
    {
        var source = MemoryMarshal.Cast<byte, T>(sourceBytes);
        var destination = MemoryMarshal.Cast<byte, T>(destinationBytes)[..source.Length];
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(destination);
        var (low, high) = (Vector256.Create(min), Vector256.Create(max));
        var i = 0;
        for (; i <= source.Length - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            // Native minimum and maximum return their second operand for NaN.
            var x = Vector256.LoadUnsafe(ref from, (nuint)i);
            Vector256.MinNative(high, Vector256.MaxNative(low, x)).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < source.Length; i++)
        {
            var x = source[i];
            destination[i] = x < min ? min : x > max ? max : x;
        }
    }
}
