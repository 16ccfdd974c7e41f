using Ovms.Runtime.Memory;

namespace Ovms.Runtime.Embedded.ControlFlow;

/// <summary>Memory that grows and keeps its content, for values whose size is found while running.</summary>
/// <param name="budget">What the memory counts against.</param>
internal sealed class TensorBuffer(MemoryBudget budget) : IDisposable
{
    private const int Smallest = 64;

    /// <summary>The block; null before the first <see cref="Resize"/>.</summary>
    public TensorMemory? Memory { get; private set; }

    /// <summary>Bytes in use.</summary>
    public int Length { get; set; }

    /// <summary>The bytes in use.</summary>
    public Span<byte> Bytes => Memory is null ? default : Memory.Span[..Length];

    /// <summary>Sets the length; what was in use stays. Grows by doubling, so that appending stays linear.</summary>
    public void Resize(int length)
    {
        if (Memory is null || Memory.Capacity < length)
        {
            var capacity = Math.Min(Math.Max(Math.Max(length, Smallest), (Memory?.Capacity ?? 0) * 2L), TensorMemory.MaxLength);
            var grown = TensorMemory.Allocate((int)capacity, budget);
            Bytes.CopyTo(grown.Span);
            Memory?.Dispose();
            Memory = grown;
        }

        Length = length;
    }

    /// <inheritdoc/>
    public void Dispose() => Memory?.Dispose();
}
