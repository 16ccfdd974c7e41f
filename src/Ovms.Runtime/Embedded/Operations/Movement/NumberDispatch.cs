using System.Numerics;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>A kernel that is generic over the element type.</summary>
internal interface INumberKernel
{
    /// <summary>Runs for elements of <typeparamref name="T"/>.</summary>
    void Run<T>()
        where T : unmanaged, INumber<T>, IMinMaxValue<T>;
}

/// <summary>Chooses the .NET type of an element type, for kernels that compute on every numeric type.</summary>
internal static class NumberDispatch
{
    /// <summary>Runs <paramref name="kernel"/>; booleans as bytes. False for types without arithmetic here (f16, bf16, sub-byte, strings).</summary>
    public static bool Run<TKernel>(ElementType type, ref TKernel kernel)
        where TKernel : struct, INumberKernel, allows ref struct
    {
        switch (type)
        {
            case ElementType.F32:
                kernel.Run<float>();
                return true;
            case ElementType.F64:
                kernel.Run<double>();
                return true;
            case ElementType.I8:
                kernel.Run<sbyte>();
                return true;
            case ElementType.U8 or ElementType.Boolean:
                kernel.Run<byte>();
                return true;
            case ElementType.I16:
                kernel.Run<short>();
                return true;
            case ElementType.U16:
                kernel.Run<ushort>();
                return true;
            case ElementType.I32:
                kernel.Run<int>();
                return true;
            case ElementType.U32:
                kernel.Run<uint>();
                return true;
            case ElementType.I64:
                kernel.Run<long>();
                return true;
            case ElementType.U64:
                kernel.Run<ulong>();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Whether <see cref="Run"/> knows the type, given that halves arrive as f32.</summary>
    public static bool Supports(ElementType type) => type.IsFloat() || type.IsInteger() || type == ElementType.Boolean;
}
