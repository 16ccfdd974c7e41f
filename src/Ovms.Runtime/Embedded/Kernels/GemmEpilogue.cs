using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>What is done to a result while it is still in the cache: add a bias, clamp.</summary>
/// <remarks>One of the two biases at most. Bounds that clamp nothing are ±∞; NaN stays NaN.</remarks>
internal sealed class GemmEpilogue
{
    /// <summary>Nothing to do.</summary>
    public static GemmEpilogue None { get; } = new();

    /// <summary>One value per row (output channel of a convolution), or null.</summary>
    public float[]? RowBias { get; init; }

    /// <summary>One value per column (output feature of a fully connected layer), or null.</summary>
    public float[]? ColumnBias { get; init; }

    /// <summary>Lower bound.</summary>
    public float Low { get; init; } = float.NegativeInfinity;

    /// <summary>Upper bound.</summary>
    public float High { get; init; } = float.PositiveInfinity;

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => RowBias is null && ColumnBias is null && !Clamps;

    /// <summary>Whether the bounds matter.</summary>
    public bool Clamps => !float.IsNegativeInfinity(Low) || !float.IsPositiveInfinity(High);

    /// <summary>Finishes part of one row.</summary>
    /// <param name="values">The part.</param>
    /// <param name="row">Row in the matrix (of its group), for <see cref="RowBias"/>.</param>
    /// <param name="column">Column of the first value, for <see cref="ColumnBias"/>.</param>
    public void Apply(Span<float> values, int row, int column)
    {
        var constant = RowBias is null ? 0f : RowBias[row];
        ref var value = ref MemoryMarshal.GetReference(values);
        if (ColumnBias is null)
        {
            Finish(ref value, ref Unsafe.NullRef<float>(), values.Length, constant);
        }
        else
        {
            Finish(ref value, ref MemoryMarshal.GetReference(ColumnBias.AsSpan(column, values.Length)), values.Length, constant);
        }
    }

    // One pass over the values; called for every row of a tile, so without slices and their checks. The caller has checked both lengths.
    private void Finish(ref float values, ref float bias, int count, float constant)
    {
        var hasBias = !Unsafe.IsNullRef(ref bias);
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var (low, high, add) = (Vector512.Create(Low), Vector512.Create(High), Vector512.Create(constant));
            for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                var value = Vector512.LoadUnsafe(ref values, (nuint)i) + (hasBias ? Vector512.LoadUnsafe(ref bias, (nuint)i) : add);
                value = Vector512.ConditionalSelect(Vector512.LessThan(value, low), low, value);
                Vector512.ConditionalSelect(Vector512.GreaterThan(value, high), high, value).StoreUnsafe(ref values, (nuint)i);
            }
        }

        var (low256, high256, add256) = (Vector256.Create(Low), Vector256.Create(High), Vector256.Create(constant));
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var value = Vector256.LoadUnsafe(ref values, (nuint)i) + (hasBias ? Vector256.LoadUnsafe(ref bias, (nuint)i) : add256);
            value = Vector256.ConditionalSelect(Vector256.LessThan(value, low256), low256, value);
            Vector256.ConditionalSelect(Vector256.GreaterThan(value, high256), high256, value).StoreUnsafe(ref values, (nuint)i);
        }

        for (; i < count; i++)
        {
            ref var item = ref Unsafe.Add(ref values, i);
            var value = item + (hasBias ? Unsafe.Add(ref bias, i) : constant);
            item = value < Low ? Low : value > High ? High : value;
        }
    }
}
