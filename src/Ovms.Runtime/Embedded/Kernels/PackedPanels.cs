using System.Runtime.CompilerServices;

namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>Constant matrices packed ahead, shared by all plans and requests of a model.</summary>
/// <remarks>Lives in a pinned array so that the collector frees it with the operation that owns it: operations have no end of life of
/// their own.</remarks>
internal sealed unsafe class PackedPanels
{
    // Only held, so that it lives as long as this object.
    private readonly float[] _memory;

    private PackedPanels(float[] memory, float* data, long stride, PackedKey key)
    {
        (_memory, Stride, Key) = (memory, stride, key);
        Data = data;
    }

    /// <summary>The first float, aligned to 64 bytes.</summary>
    public float* Data { get; }

    /// <summary>Floats from one matrix to the next.</summary>
    public long Stride { get; }

    /// <summary>What was packed, and how.</summary>
    public PackedKey Key { get; }

    /// <summary>Whether matrices of this size fit into one array.</summary>
    public static bool Fits(long floats, int matrices) => floats <= (Array.MaxLength - 32) / Math.Max(matrices, 1);

    /// <summary>Reserves room for <paramref name="matrices"/> of <paramref name="floats"/> each.</summary>
    public static PackedPanels Allocate(long floats, int matrices, PackedKey key)
    {
        var stride = (floats + 15) & ~15L;
        var memory = GC.AllocateUninitializedArray<float>(checked((int)(stride * matrices) + 16), pinned: true);

        // SAFETY: the array is pinned for its life, and this object keeps it alive; the aligned start leaves the asked room after it.
        var address = (nuint)Unsafe.AsPointer(ref memory[0]);
        return new PackedPanels(memory, (float*)((address + 63) & ~(nuint)63), stride, key);
    }
}

/// <summary>Identity of packed panels within one operation.</summary>
/// <param name="Input">Which input of the operation.</param>
/// <param name="IsLeft">As the left side, or as the right.</param>
/// <param name="Outer">Rows (left) or columns (right) of one matrix.</param>
/// <param name="Depth">Depth.</param>
/// <param name="Matrices">Matrices.</param>
internal readonly record struct PackedKey(int Input, bool IsLeft, int Outer, int Depth, int Matrices);
