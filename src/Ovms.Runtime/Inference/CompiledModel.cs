namespace Ovms.Runtime.Inference;

/// <summary>A loaded model, ready to make infer requests. Disposed after the last of its requests.</summary>
public abstract class CompiledModel : IDisposable
{
    /// <summary>Name of the backend that serves it.</summary>
    public abstract string BackendName { get; }

    /// <summary>Inputs and outputs.</summary>
    public abstract ModelSignature Signature { get; }

    /// <summary>How many infer requests keep the device busy when <c>nireq</c> is 0.</summary>
    public abstract int OptimalRequestCount { get; }

    /// <summary>How the backend runs it, for the log; empty when there is nothing to say.</summary>
    public virtual string Details => "";

    /// <summary>Makes a request with its own tensors. Safe for concurrent use.</summary>
    public abstract InferRequest CreateRequest();

    /// <summary>Frees what the model holds. All its requests have been disposed before.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the model holds.</summary>
    protected abstract void Dispose(bool disposing);
}
