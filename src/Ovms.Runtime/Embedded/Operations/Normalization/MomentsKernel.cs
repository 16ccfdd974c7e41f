using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ovms.Runtime.Embedded.Operations.Reductions;

namespace Ovms.Runtime.Embedded.Operations.Normalization;

/// <summary>Sums in f64 over f32 or f64 data, and the scaling that follows them.</summary>
internal static class MomentsKernel
{
    // f32 partial sums are this long before they go into the f64 accumulator.
    private const int FoldLength = 1024;

    /// <summary>Σ x.</summary>
    public static double Sum<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sum = 0.0;
        for (; values.Length > 0; values = values[Math.Min(FoldLength, values.Length)..])
        {
            sum += double.CreateTruncating(TensorPrimitives.Sum(values[..Math.Min(FoldLength, values.Length)]));
        }

        return sum;
    }

    /// <summary>Σ x².</summary>
    public static double SumOfSquares<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sum = 0.0;
        for (; values.Length > 0; values = values[Math.Min(FoldLength, values.Length)..])
        {
            sum += double.CreateTruncating(TensorPrimitives.SumOfSquares(values[..Math.Min(FoldLength, values.Length)]));
        }

        return sum;
    }

    /// <summary>Σ (x − mean)².</summary>
    public static double SumOfSquaredDistances<T>(ReadOnlySpan<T> values, double mean)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sum = 0.0;
        var i = 0;
        if (typeof(T) == typeof(float))
        {
            ref var from = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<T, float>(values));
            var shift = Vector256.Create((float)mean);
            while (values.Length - i >= 8)
            {
                var sums = Vector256<float>.Zero;
                for (var end = Math.Min(values.Length, i + FoldLength); i <= end - 8; i += 8)
                {
                    var distance = Vector256.LoadUnsafe(ref from, (nuint)i) - shift;
                    sums += distance * distance;
                }

                sum += Vector256.Sum(sums);
            }
        }

        for (; i < values.Length; i++)
        {
            var distance = double.CreateTruncating(values[i]) - mean;
            sum += distance * distance;
        }

        return sum;
    }

    /// <summary>(x − mean)·scale + shift.</summary>
    public static void Normalize<T>(ReadOnlySpan<T> input, Span<T> output, T mean, T scale, T shift)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ref var from = ref MemoryMarshal.GetReference(input);
        ref var to = ref MemoryMarshal.GetReference(output[..input.Length]);
        var i = 0;
        for (; i <= input.Length - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            var x = Vector256.LoadUnsafe(ref from, (nuint)i);
            (((x - Vector256.Create(mean)) * scale) + Vector256.Create(shift)).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < input.Length; i++)
        {
            output[i] = ((input[i] - mean) * scale) + shift;
        }
    }

    /// <summary>Σ x over all rows of a kept position.</summary>
    public static double SumRows<T>(AxisWalk walk, ReadOnlySpan<T> data, int start)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sum = 0.0;
        for (var row = 0; row < walk.Rows; row++)
        {
            sum += Sum(data.Slice(start + walk.RowOffset(row), walk.Inner));
        }

        return sum;
    }
}
