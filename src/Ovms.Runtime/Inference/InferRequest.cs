using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Inference;

/// <summary>One inference at a time on one loaded model, with its own input and output tensors. Pooled; not safe for concurrent use
/// except <see cref="Cancel"/>.</summary>
/// <remarks>
/// Life of one inference: for every input <see cref="TryPrepareInput"/> (fill the span) or <see cref="SetInput"/>; <see cref="Infer"/>
/// or <see cref="StartAsync"/>; read <see cref="GetOutput"/>; <see cref="Reset"/>. Outputs stay valid until <see cref="Reset"/> or the
/// next inference. A request whose <see cref="CanReuse"/> is false is disposed instead of going back to its pool.
/// </remarks>
public abstract class InferRequest : IDisposable
{
    /// <summary>False once the request failed in a way that leaves it in an unknown condition.</summary>
    public virtual bool CanReuse => true;

    /// <summary>The backend's own words about the last failure, for the log only; null when it did not fail.</summary>
    public string? ErrorText { get; protected set; }

    /// <summary>Gives the memory of input <paramref name="index"/> for a tensor of <paramref name="shape"/>: row-major, of the input's
    /// declared element type, exactly the tensor's bytes. The caller copies the request's bytes into it, once.</summary>
    /// <returns><see cref="InferenceError.None"/>, <see cref="InferenceError.OutOfMemory"/> or <see cref="InferenceError.UnsupportedShape"/>.</returns>
    public abstract InferenceError TryPrepareInput(int index, in Shape shape, out Span<byte> destination);

    /// <summary>Lays the caller's tensor over input <paramref name="index"/>; it must live and keep its content until the inference has ended.</summary>
    public abstract InferenceError SetInput(int index, Tensor tensor);

    /// <summary>Runs on the calling thread until the outputs are there.</summary>
    public abstract InferenceError Infer();

    /// <summary>Starts an inference; <paramref name="completion"/> is told when it has ended. The default runs synchronously.</summary>
    public virtual void StartAsync(IInferCompletion completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        completion.OnCompleted(this, Infer());
    }

    /// <summary>Asks a running inference to stop; it ends with <see cref="InferenceError.Cancelled"/>. Safe from any thread; without effect
    /// when nothing runs.</summary>
    public abstract void Cancel();

    /// <summary>Output <paramref name="index"/> of the last inference. Valid until <see cref="Reset"/>.</summary>
    public abstract OutputTensor GetOutput(int index);

    /// <summary>Forgets inputs and outputs of the last inference, keeps memory for the next one.</summary>
    public abstract void Reset();

    /// <summary>Frees the request's memory.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the request's memory.</summary>
    protected abstract void Dispose(bool disposing);
}
