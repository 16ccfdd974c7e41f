using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ovms.Runtime.Memory;

/// <summary>A block of native memory, aligned to 64 bytes, that never moves. The owner returns it to its pool or disposes it.</summary>
/// <remarks>Holds at most <see cref="MaxLength"/> bytes, so that one span covers it. Being a memory manager, it lets writers hold a slice
/// of it (<see cref="MemoryManager{T}.Memory"/>) without a managed array between. There is no finalizer: freeing under a live span would be
/// worse than a leak, and pools account for every block.</remarks>
public sealed unsafe class TensorMemory : MemoryManager<byte>
{
    /// <summary>Alignment of the first byte: a cache line and the widest vector.</summary>
    public const int Alignment = 64;

    /// <summary>Largest block.</summary>
    public const int MaxLength = int.MaxValue - 63;

    private readonly MemoryBudget? _budget;
    private nint _address;

    private TensorMemory(nint address, int capacity, MemoryBudget? budget)
    {
        _address = address;
        Capacity = capacity;
        _budget = budget;
    }

    /// <summary>Bytes in the block.</summary>
    public int Capacity { get; }

    /// <summary>Address of the first byte, for native runtimes.</summary>
    public nint Address => _address;

    /// <summary>All bytes of the block. The span is valid until the block is disposed or returned to its pool.</summary>
    public Span<byte> Span
    {
        get
        {
            Debug.Assert(_address != 0, "the block was disposed");

            // SAFETY: this object owns Capacity bytes at _address until Dispose; callers keep the object alive while they use the span.
            return new Span<byte>((void*)_address, Capacity);
        }
    }

    /// <summary>Allocates a block; its content is undefined.</summary>
    /// <param name="capacity">Bytes, 0 to <see cref="MaxLength"/>.</param>
    /// <exception cref="OutOfMemoryException">The memory is not to be had.</exception>
    public static TensorMemory Allocate(int capacity) => Allocate(capacity, null);

    /// <summary>Allocates a block whose bytes count against <paramref name="budget"/> until it is disposed.</summary>
    /// <param name="capacity">Bytes, 0 to <see cref="MaxLength"/>.</param>
    /// <param name="budget">What it counts against, if anything.</param>
    /// <exception cref="OutOfMemoryException">The memory is not to be had, or not within the budget.</exception>
    public static TensorMemory Allocate(int capacity, MemoryBudget? budget)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxLength);

        budget?.Reserve(capacity);
        try
        {
            // SAFETY: AlignedAlloc returns at least the requested bytes or throws; ownership goes to the new object.
            return new TensorMemory((nint)NativeMemory.AlignedAlloc((nuint)Math.Max(capacity, 1), Alignment), capacity, budget);
        }
        catch (OutOfMemoryException)
        {
            budget?.Release(capacity);
            throw;
        }
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => Span;

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)_address + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <summary>Frees the block.</summary>
    public void Dispose() => ((IDisposable)this).Dispose();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        var address = Interlocked.Exchange(ref _address, 0);

        // SAFETY: exchanged to zero first, so a block is freed once even when Dispose races with itself.
        NativeMemory.AlignedFree((void*)address);
        if (address != 0)
        {
            _budget?.Release(Capacity);
        }
    }
}
