using System.Runtime.Intrinsics;

namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>What is done to a result while it is still in the cache: add a bias, clamp.</summary>
/// <remarks>Bounds that clamp nothing are ±∞; NaN stays NaN.</remarks>
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
        var bias = RowBias is null ? 0f : RowBias[row];
        if (ColumnBias is not null)
        {
            Add(values, ColumnBias.AsSpan(column, values.Length), bias);
        }
        else if (!Clamps)
        {
            AddScalar(values, bias);
            return;
        }

        if (Clamps)
        {
            Clamp(values, ColumnBias is null ? bias : 0f);
        }
    }

    private static void Add(Span<float> values, ReadOnlySpan<float> bias, float constant)
    {
        var i = 0;
        for (; i <= values.Length - 8; i += 8)
        {
            (Vector256.Create<float>(values[i..]) + Vector256.Create(bias[i..]) + Vector256.Create(constant)).CopyTo(values[i..]);
        }

        for (; i < values.Length; i++)
        {
            values[i] += bias[i] + constant;
        }
    }

    private static void AddScalar(Span<float> values, float bias)
    {
        var i = 0;
        for (; i <= values.Length - 8; i += 8)
        {
            (Vector256.Create<float>(values[i..]) + Vector256.Create(bias)).CopyTo(values[i..]);
        }

        for (; i < values.Length; i++)
        {
            values[i] += bias;
        }
    }

    private void Clamp(Span<float> values, float bias)
    {
        var (low, high) = (Vector256.Create(Low), Vector256.Create(High));
        var i = 0;
        for (; i <= values.Length - 8; i += 8)
        {
            var value = Vector256.Create<float>(values[i..]) + Vector256.Create(bias);
            value = Vector256.ConditionalSelect(Vector256.LessThan(value, low), low, value);
            Vector256.ConditionalSelect(Vector256.GreaterThan(value, high), high, value).CopyTo(values[i..]);
        }

        for (; i < values.Length; i++)
        {
            var value = values[i] + bias;
            values[i] = value < Low ? Low : value > High ? High : value;
        }
    }
}
