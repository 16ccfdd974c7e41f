namespace Ovms.Runtime.Embedded.Operations.Resampling;

/// <summary>How one axis is resampled: every output position is a weighted sum of <see cref="Count"/> input positions.</summary>
/// <remarks>All modes of Interpolate are products of such tables, one per axis. Taps in the zero padding have weight 0 and index −1 for
/// nearest, index 0 otherwise.</remarks>
/// <param name="Axis">The axis.</param>
/// <param name="Count">Taps per output position.</param>
/// <param name="Indices">Input positions, <c>[out][Count]</c>.</param>
/// <param name="Weights">Their weights.</param>
internal sealed record AxisTaps(int Axis, int Count, int[] Indices, float[] Weights)
{
    /// <summary>Output positions.</summary>
    public int Size => Indices.Length / Math.Max(Count, 1);
}
