using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>One row of a binary operation on one element type.</summary>
internal abstract class BinaryKernel
{
    /// <summary>Bytes of one output element.</summary>
    public abstract int OutputBytes { get; }

    /// <summary>Computes a row. A span that does not advance has one element.</summary>
    public abstract void Run(ReadOnlySpan<byte> left, bool leftAdvances, ReadOnlySpan<byte> right, bool rightAdvances, Span<byte> output);

    /// <summary>The kernel of an operation defined on all numbers, or null.</summary>
    public static BinaryKernel? ForNumbers<TOp>(ElementType type)
        where TOp : struct, INumberOp => type switch
        {
            ElementType.F32 => NumberKernel<float, TOp>.Instance,
            ElementType.F64 => NumberKernel<double, TOp>.Instance,
            ElementType.I8 => NumberKernel<sbyte, TOp>.Instance,
            ElementType.I16 => NumberKernel<short, TOp>.Instance,
            ElementType.I32 => NumberKernel<int, TOp>.Instance,
            ElementType.I64 => NumberKernel<long, TOp>.Instance,
            ElementType.U8 => NumberKernel<byte, TOp>.Instance,
            ElementType.U16 => NumberKernel<ushort, TOp>.Instance,
            ElementType.U32 => NumberKernel<uint, TOp>.Instance,
            ElementType.U64 => NumberKernel<ulong, TOp>.Instance,
            _ => null,
        };

    /// <summary>The kernel of an operation defined on integers and boolean, or null.</summary>
    public static BinaryKernel? ForIntegers<TOp>(ElementType type)
        where TOp : struct, IIntegerOp => type switch
        {
            ElementType.I8 => IntegerKernel<sbyte, TOp>.Instance,
            ElementType.I16 => IntegerKernel<short, TOp>.Instance,
            ElementType.I32 => IntegerKernel<int, TOp>.Instance,
            ElementType.I64 => IntegerKernel<long, TOp>.Instance,
            ElementType.U8 or ElementType.Boolean => IntegerKernel<byte, TOp>.Instance,
            ElementType.U16 => IntegerKernel<ushort, TOp>.Instance,
            ElementType.U32 => IntegerKernel<uint, TOp>.Instance,
            ElementType.U64 => IntegerKernel<ulong, TOp>.Instance,
            _ => null,
        };

    /// <summary>The kernel of a comparison, or null; boolean compares as 0 and 1.</summary>
    public static BinaryKernel? ForComparison<TOp>(ElementType type)
        where TOp : struct, IComparisonOp => type switch
        {
            ElementType.F32 => ComparisonKernel<float, TOp>.Instance,
            ElementType.F64 => ComparisonKernel<double, TOp>.Instance,
            ElementType.I8 => ComparisonKernel<sbyte, TOp>.Instance,
            ElementType.I16 => ComparisonKernel<short, TOp>.Instance,
            ElementType.I32 => ComparisonKernel<int, TOp>.Instance,
            ElementType.I64 => ComparisonKernel<long, TOp>.Instance,
            ElementType.U8 or ElementType.Boolean => ComparisonKernel<byte, TOp>.Instance,
            ElementType.U16 => ComparisonKernel<ushort, TOp>.Instance,
            ElementType.U32 => ComparisonKernel<uint, TOp>.Instance,
            ElementType.U64 => ComparisonKernel<ulong, TOp>.Instance,
            _ => null,
        };

    /// <summary>The kernel of a logical operation: every non-zero byte is true.</summary>
    public static BinaryKernel? ForLogical<TOp>(ElementType type)
        where TOp : struct, ILogicalOp => type is ElementType.Boolean or ElementType.U8 ? LogicalKernel<TOp>.Instance : null;

    private sealed class NumberKernel<T, TOp> : BinaryKernel
        where T : unmanaged, INumber<T>
        where TOp : struct, INumberOp
    {
        public static readonly NumberKernel<T, TOp> Instance = new();

        public override int OutputBytes => System.Runtime.CompilerServices.Unsafe.SizeOf<T>();

        public override void Run(ReadOnlySpan<byte> left, bool leftAdvances, ReadOnlySpan<byte> right, bool rightAdvances, Span<byte> output)
        {
            var a = MemoryMarshal.Cast<byte, T>(left);
            var b = MemoryMarshal.Cast<byte, T>(right);
            var d = MemoryMarshal.Cast<byte, T>(output);
            if (leftAdvances && rightAdvances)
            {
                Both(a, b, d);
            }
            else if (leftAdvances)
            {
                Right(a, b[0], d);
            }
            else if (rightAdvances)
            {
                Left(a[0], b, d);
            }
            else
            {
                d.Fill(TOp.Invoke(a[0], b[0]));
            }
        }

        private static void Both(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> d)
        {
            var i = 0;
            if (TOp.IsVectorized<T>() && Vector256.IsHardwareAccelerated)
            {
                ref var ra = ref MemoryMarshal.GetReference(a);
                ref var rb = ref MemoryMarshal.GetReference(b[..d.Length]);
                ref var rd = ref MemoryMarshal.GetReference(d);
                for (; i <= d.Length - Vector256<T>.Count; i += Vector256<T>.Count)
                {
                    TOp.Invoke(Vector256.LoadUnsafe(ref ra, (nuint)i), Vector256.LoadUnsafe(ref rb, (nuint)i)).StoreUnsafe(ref rd, (nuint)i);
                }
            }

            for (; i < d.Length; i++)
            {
                d[i] = TOp.Invoke(a[i], b[i]);
            }
        }

        private static void Right(ReadOnlySpan<T> a, T b, Span<T> d)
        {
            var i = 0;
            if (TOp.IsVectorized<T>() && Vector256.IsHardwareAccelerated)
            {
                ref var ra = ref MemoryMarshal.GetReference(a[..d.Length]);
                ref var rd = ref MemoryMarshal.GetReference(d);
                var vb = Vector256.Create(b);
                for (; i <= d.Length - Vector256<T>.Count; i += Vector256<T>.Count)
                {
                    TOp.Invoke(Vector256.LoadUnsafe(ref ra, (nuint)i), vb).StoreUnsafe(ref rd, (nuint)i);
                }
            }

            for (; i < d.Length; i++)
            {
                d[i] = TOp.Invoke(a[i], b);
            }
        }

        private static void Left(T a, ReadOnlySpan<T> b, Span<T> d)
        {
            var i = 0;
            if (TOp.IsVectorized<T>() && Vector256.IsHardwareAccelerated)
            {
                ref var rb = ref MemoryMarshal.GetReference(b[..d.Length]);
                ref var rd = ref MemoryMarshal.GetReference(d);
                var va = Vector256.Create(a);
                for (; i <= d.Length - Vector256<T>.Count; i += Vector256<T>.Count)
                {
                    TOp.Invoke(va, Vector256.LoadUnsafe(ref rb, (nuint)i)).StoreUnsafe(ref rd, (nuint)i);
                }
            }

            for (; i < d.Length; i++)
            {
                d[i] = TOp.Invoke(a, b[i]);
            }
        }
    }

    private sealed class IntegerKernel<T, TOp> : BinaryKernel
        where T : unmanaged, IBinaryInteger<T>
        where TOp : struct, IIntegerOp
    {
        public static readonly IntegerKernel<T, TOp> Instance = new();

        public override int OutputBytes => System.Runtime.CompilerServices.Unsafe.SizeOf<T>();

        public override void Run(ReadOnlySpan<byte> left, bool leftAdvances, ReadOnlySpan<byte> right, bool rightAdvances, Span<byte> output)
        {
            var a = MemoryMarshal.Cast<byte, T>(left);
            var b = MemoryMarshal.Cast<byte, T>(right);
            var d = MemoryMarshal.Cast<byte, T>(output);
            for (var i = 0; i < d.Length; i++)
            {
                d[i] = TOp.Invoke(a[leftAdvances ? i : 0], b[rightAdvances ? i : 0]);
            }
        }
    }

    private sealed class ComparisonKernel<T, TOp> : BinaryKernel
        where T : unmanaged, INumber<T>
        where TOp : struct, IComparisonOp
    {
        public static readonly ComparisonKernel<T, TOp> Instance = new();

        public override int OutputBytes => 1;

        public override void Run(ReadOnlySpan<byte> left, bool leftAdvances, ReadOnlySpan<byte> right, bool rightAdvances, Span<byte> output)
        {
            var a = MemoryMarshal.Cast<byte, T>(left);
            var b = MemoryMarshal.Cast<byte, T>(right);
            if (leftAdvances && rightAdvances)
            {
                for (var i = 0; i < output.Length; i++)
                {
                    output[i] = TOp.Invoke(a[i], b[i]) ? (byte)1 : (byte)0;
                }
            }
            else if (leftAdvances)
            {
                var y = b[0];
                for (var i = 0; i < output.Length; i++)
                {
                    output[i] = TOp.Invoke(a[i], y) ? (byte)1 : (byte)0;
                }
            }
            else
            {
                var x = a[0];
                for (var i = 0; i < output.Length; i++)
                {
                    output[i] = TOp.Invoke(x, b[rightAdvances ? i : 0]) ? (byte)1 : (byte)0;
                }
            }
        }
    }

    private sealed class LogicalKernel<TOp> : BinaryKernel
        where TOp : struct, ILogicalOp
    {
        public static readonly LogicalKernel<TOp> Instance = new();

        public override int OutputBytes => 1;

        public override void Run(ReadOnlySpan<byte> left, bool leftAdvances, ReadOnlySpan<byte> right, bool rightAdvances, Span<byte> output)
        {
            for (var i = 0; i < output.Length; i++)
            {
                output[i] = TOp.Invoke(left[leftAdvances ? i : 0] != 0, right[rightAdvances ? i : 0] != 0) ? (byte)1 : (byte)0;
            }
        }
    }
}
