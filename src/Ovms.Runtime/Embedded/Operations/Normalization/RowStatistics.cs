using Ovms.Runtime.Embedded.Operations.Reductions;

namespace Ovms.Runtime.Embedded.Operations.Normalization;

/// <summary>How a normalisation over an <see cref="AxisWalk"/> splits: kept positions, or chunks of kept rows with two f64 statistics for
/// every element.</summary>
internal static class RowStatistics
{
    /// <summary>Elements of a chunk.</summary>
    public const int Chunk = 256;

    /// <summary>Scratch bytes of a thread: two statistics for each element of a chunk.</summary>
    public const int ScratchBytes = 2 * Chunk * sizeof(double);

    public static int Units(AxisWalk walk) => walk.InnerIsReduced ? walk.Kept : walk.Kept * Chunks(walk);

    public static int ElementsPerUnit(AxisWalk walk) =>
        walk.InnerIsReduced ? walk.ReducedCount : walk.Rows * Math.Min(walk.Inner, Chunk);

    /// <summary>First element and length of a chunk.</summary>
    public static (int First, int Length) Locate(AxisWalk walk, int unit)
    {
        var start = unit % Chunks(walk) * Chunk;
        return (walk.KeptOffset(unit / Chunks(walk)) + start, Math.Min(Chunk, walk.Inner - start));
    }

    private static int Chunks(AxisWalk walk) => (walk.Inner + Chunk - 1) / Chunk;
}
