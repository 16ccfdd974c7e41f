using System.Numerics;
using Ovms.Runtime.Memory;

namespace Ovms.Server.Rest.Json;

/// <summary>Blocks of tensor memory in sizes of powers of two, kept between requests up to a bound. Safe for concurrent use.</summary>
internal sealed class TensorMemoryPool : IDisposable
{
    private const int SmallestShift = 12;
    private const int LargestShift = 30;

    private readonly Stack<TensorMemory>[] _classes = new Stack<TensorMemory>[LargestShift - SmallestShift + 1];
    private readonly long _maxRetainedBytes;
    private readonly Lock _gate = new();
    private long _retainedBytes;
    private int _rented;
    private bool _disposed;

    /// <summary>Makes a pool that keeps at most <paramref name="maxRetainedBytes"/> of unused blocks.</summary>
    public TensorMemoryPool(long maxRetainedBytes)
    {
        _maxRetainedBytes = maxRetainedBytes;
        for (var i = 0; i < _classes.Length; i++)
        {
            _classes[i] = new Stack<TensorMemory>();
        }
    }

    /// <summary>Blocks handed out and not returned.</summary>
    public int Rented => Volatile.Read(ref _rented);

    /// <summary>Bytes of blocks waiting in the pool.</summary>
    public long RetainedBytes
    {
        get
        {
            lock (_gate)
            {
                return _retainedBytes;
            }
        }
    }

    /// <summary>Gives a block of at least <paramref name="bytes"/>; its content is undefined.</summary>
    /// <exception cref="OutOfMemoryException">The memory is not to be had.</exception>
    public TensorMemory Rent(long bytes)
    {
        var shift = Math.Max(SmallestShift, 64 - BitOperations.LeadingZeroCount((ulong)Math.Max(bytes - 1, 0)));
        TensorMemory? block = null;
        if (shift <= LargestShift)
        {
            lock (_gate)
            {
                if (_classes[shift - SmallestShift].TryPop(out block))
                {
                    _retainedBytes -= block.Capacity;
                }
            }
        }

        block ??= TensorMemory.Allocate(shift <= LargestShift ? 1 << shift : checked((int)bytes));
        Interlocked.Increment(ref _rented);
        return block;
    }

    /// <summary>Takes a block back; frees it when the pool is full.</summary>
    public void Return(TensorMemory block)
    {
        Interlocked.Decrement(ref _rented);
        if (BitOperations.IsPow2(block.Capacity))
        {
            lock (_gate)
            {
                if (!_disposed && block.Capacity <= _maxRetainedBytes - _retainedBytes)
                {
                    _retainedBytes += block.Capacity;
                    _classes[BitOperations.Log2((uint)block.Capacity) - SmallestShift].Push(block);
                    return;
                }
            }
        }

        block.Dispose();
    }

    /// <summary>Frees the unused blocks; blocks still out are freed when they come back.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var blocks in _classes)
            {
                while (blocks.TryPop(out var block))
                {
                    block.Dispose();
                }
            }

            _retainedBytes = 0;
        }
    }
}
