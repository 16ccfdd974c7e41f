using Ovms.Runtime.Errors;

namespace Ovms.Runtime.Inference;

/// <summary>Told when an asynchronous inference has ended.</summary>
public interface IInferCompletion
{
    /// <summary>Called exactly once per started inference, on any thread.</summary>
    void OnCompleted(InferRequest request, InferenceError error);
}
