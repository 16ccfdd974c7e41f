using System.Globalization;

namespace Ovms.Runtime.Memory;

/// <summary>How many bytes of tensor memory one owner (a loaded model with all its requests) may hold. Safe for concurrent use.</summary>
/// <param name="limit">Most bytes held at a time.</param>
public sealed class MemoryBudget(long limit)
{
    private long _used;

    /// <summary>A budget that only counts.</summary>
    public static MemoryBudget Unlimited => new(long.MaxValue);

    /// <summary>Most bytes held at a time.</summary>
    public long Limit { get; } = limit;

    /// <summary>Bytes held now.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Takes bytes.</summary>
    /// <exception cref="OutOfMemoryException">They would go beyond the limit; none were taken.</exception>
    public void Reserve(long bytes)
    {
        var used = Interlocked.Add(ref _used, bytes);
        if (used > Limit)
        {
            Interlocked.Add(ref _used, -bytes);
            throw new InsufficientMemoryException(string.Create(
                CultureInfo.InvariantCulture, $"{bytes} more bytes of tensors would go beyond the model's limit of {Limit} bytes"));
        }
    }

    /// <summary>Gives bytes back.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _used, -bytes);
}
