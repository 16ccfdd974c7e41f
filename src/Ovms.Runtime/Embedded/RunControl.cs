namespace Ovms.Runtime.Embedded;

/// <summary>The wish to stop a running inference. One per request, shared with the bodies it runs.</summary>
internal sealed class RunControl
{
    private volatile bool _isCancelled;

    /// <summary>A control that nobody cancels.</summary>
    public static RunControl None { get; } = new();

    /// <summary>Whether to stop.</summary>
    public bool IsCancelled => _isCancelled;

    /// <summary>Asks to stop. Safe from any thread.</summary>
    public void Cancel() => _isCancelled = true;

    /// <summary>Begins a new inference.</summary>
    public void Reset() => _isCancelled = false;
}
