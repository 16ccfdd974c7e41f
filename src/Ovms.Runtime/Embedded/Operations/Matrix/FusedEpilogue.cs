namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>What an operation has taken over from the layers that follow it.</summary>
internal sealed class FusedEpilogue
{
    /// <summary>One value per output channel, or null.</summary>
    public float[]? Bias { get; private set; }

    /// <summary>Lower bound.</summary>
    public float Low { get; private set; } = float.NegativeInfinity;

    /// <summary>Upper bound.</summary>
    public float High { get; private set; } = float.PositiveInfinity;

    private bool Clamps => !float.IsNegativeInfinity(Low) || !float.IsPositiveInfinity(High);

    /// <summary>Takes a bias; false when there is one or the bounds came first.</summary>
    public bool TryAddBias(ReadOnlySpan<float> values)
    {
        if (Bias is not null || Clamps)
        {
            return false;
        }

        Bias = values.ToArray();
        return true;
    }

    /// <summary>Takes bounds; false when there are some.</summary>
    public bool TryAddClamp(float low, float high)
    {
        if (Clamps || float.IsNaN(low) || float.IsNaN(high) || low > high)
        {
            return false;
        }

        (Low, High) = (low, high);
        return true;
    }
}
