namespace Ovms.Runtime.Embedded;

/// <summary>The wish to stop a running inference. One per request, shared with the bodies it runs.</summary>
/// <remarks>Counts from the first input that is set until the inference has ended. Outside of that nothing runs, so that a late
/// <see cref="Cancel"/> is without effect instead of stopping the next inference.</remarks>
internal sealed class RunControl
{
    private const int Idle = 0;
    private const int Active = 1;
    private const int Cancelled = 2;

    private int _state;

    /// <summary>A control that nobody cancels.</summary>
    public static RunControl None { get; } = new();

    /// <summary>Whether to stop.</summary>
    public bool IsCancelled => Volatile.Read(ref _state) == Cancelled;

    /// <summary>Asks to stop. Safe from any thread.</summary>
    public void Cancel() => Interlocked.CompareExchange(ref _state, Cancelled, Active);

    /// <summary>An inference is being prepared or begins to run; a wish uttered since the last <see cref="End"/> stays.</summary>
    public void Begin() => Interlocked.CompareExchange(ref _state, Active, Idle);

    /// <summary>The inference has ended, or is given up.</summary>
    public void End() => Interlocked.Exchange(ref _state, Idle);
}
