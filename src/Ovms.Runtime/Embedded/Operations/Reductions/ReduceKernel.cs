using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Reductions;

/// <summary>Folds the rows of one kept position of an <see cref="AxisWalk"/>.</summary>
internal abstract class ReduceKernel
{
    /// <summary>Accumulators a chunk of a kept row needs, and how many elements it has.</summary>
    public const int Chunk = 512;

    /// <summary>Bytes of scratch memory a thread needs.</summary>
    public const int ScratchBytes = Chunk * sizeof(double);

    // f32 partial sums are this long before they go into the f64 accumulator, so that rounding does not grow with the row.
    private const int FoldLength = 1024;

    /// <summary>Inner dimension reduced: one result for the kept position.</summary>
    public abstract void FoldPosition(AxisWalk walk, ReadOnlySpan<byte> input, int position, Span<byte> output);

    /// <summary>Inner dimension kept: results [<paramref name="start"/>, <paramref name="start"/> + <paramref name="length"/>) of the
    /// position's row.</summary>
    public abstract void FoldChunk(
        AxisWalk walk, ReadOnlySpan<byte> input, int position, int start, int length, Span<byte> output, Span<byte> scratch);

    /// <summary>The kernel of a numeric reduction, or null.</summary>
    public static ReduceKernel? ForNumbers<TOp>(ElementType type)
        where TOp : struct, IReduceOp => (type, TOp.KeepsType) switch
        {
            (ElementType.F32, false) => Kernel<float, double, TOp>.Instance,
            (ElementType.F32, true) => Kernel<float, float, TOp>.Instance,
            (ElementType.F64, _) => Kernel<double, double, TOp>.Instance,
            (ElementType.I8, _) => Kernel<sbyte, double, TOp>.Instance,
            (ElementType.U8, _) => Kernel<byte, double, TOp>.Instance,
            (ElementType.I16, _) => Kernel<short, long, TOp>.Instance,
            (ElementType.I32, _) => Kernel<int, long, TOp>.Instance,
            (ElementType.I64, _) => Kernel<long, long, TOp>.Instance,
            (ElementType.U16, _) => Kernel<ushort, ulong, TOp>.Instance,
            (ElementType.U32, _) => Kernel<uint, ulong, TOp>.Instance,
            (ElementType.U64, _) => Kernel<ulong, ulong, TOp>.Instance,
            _ => null,
        };

    /// <summary>The kernel of a logical reduction, or null.</summary>
    public static ReduceKernel? ForBoolean<TOp>(ElementType type)
        where TOp : struct, IReduceOp => type == ElementType.Boolean ? Kernel<byte, byte, TOp>.Instance : null;

    private sealed class Kernel<T, TAcc, TOp> : ReduceKernel
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
        where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc>
        where TOp : struct, IReduceOp
    {
        public static readonly Kernel<T, TAcc, TOp> Instance = new();

        public override void FoldPosition(AxisWalk walk, ReadOnlySpan<byte> input, int position, Span<byte> output)
        {
            var data = MemoryMarshal.Cast<byte, T>(input);
            var start = walk.KeptOffset(position);
            var acc = TOp.Start<TAcc>();
            for (var row = 0; row < walk.Rows; row++)
            {
                acc = FoldRow(acc, data.Slice(start + walk.RowOffset(row), walk.Inner));
            }

            MemoryMarshal.Cast<byte, T>(output)[position] = Finish(acc, walk.ReducedCount);
        }

        public override void FoldChunk(
            AxisWalk walk, ReadOnlySpan<byte> input, int position, int start, int length, Span<byte> output, Span<byte> scratch)
        {
            var data = MemoryMarshal.Cast<byte, T>(input);
            var acc = MemoryMarshal.Cast<byte, TAcc>(scratch)[..length];
            acc.Fill(TOp.Start<TAcc>());
            var first = walk.KeptOffset(position) + start;
            for (var row = 0; row < walk.Rows; row++)
            {
                Step(acc, data.Slice(first + walk.RowOffset(row), length));
            }

            var results = MemoryMarshal.Cast<byte, T>(output).Slice((position * walk.Inner) + start, length);
            for (var i = 0; i < length; i++)
            {
                results[i] = Finish(acc[i], walk.ReducedCount);
            }
        }

        private static TAcc FoldRow(TAcc acc, ReadOnlySpan<T> row)
        {
            if (typeof(T) == typeof(float) && TOp.Folds)
            {
                var values = MemoryMarshal.Cast<T, float>(row);
                for (; values.Length > 0; values = values[Math.Min(FoldLength, values.Length)..])
                {
                    acc = TOp.Combine(acc, TAcc.CreateTruncating(TOp.Fold(values[..Math.Min(FoldLength, values.Length)])));
                }

                return acc;
            }

            foreach (var value in row)
            {
                acc = TOp.Step(acc, TAcc.CreateTruncating(value));
            }

            return acc;
        }

        private static void Step(Span<TAcc> acc, ReadOnlySpan<T> row)
        {
            var i = 0;
            if (typeof(T) == typeof(float) && typeof(TAcc) == typeof(double) && TOp.IsSum)
            {
                ref var from = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<T, float>(row));
                ref var to = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<TAcc, double>(acc));
                for (; i <= row.Length - 8; i += 8)
                {
                    var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
                    (Vector256.LoadUnsafe(ref to, (nuint)i) + low).StoreUnsafe(ref to, (nuint)i);
                    (Vector256.LoadUnsafe(ref to, (nuint)i + 4) + high).StoreUnsafe(ref to, (nuint)i + 4);
                }
            }

            for (; i < row.Length; i++)
            {
                acc[i] = TOp.Step(acc[i], TAcc.CreateTruncating(row[i]));
            }
        }

        // 8-bit results saturate as the device's do; wider integers wrap.
        private static T Finish(TAcc acc, int count)
        {
            var result = TOp.Finish(acc, count);
            return Unsafe.SizeOf<T>() == 1 ? T.CreateSaturating(result) : T.CreateTruncating(result);
        }
    }
}
