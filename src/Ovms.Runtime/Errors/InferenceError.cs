namespace Ovms.Runtime.Errors;

/// <summary>Why an inference did not give an answer. Expected failures are values, not exceptions.</summary>
public enum InferenceError
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>The request was cancelled, by the client or by its deadline, while it ran or waited.</summary>
    Cancelled,

    /// <summary>The deadline passed before an infer request was free.</summary>
    DeadlineExceeded,

    /// <summary>The waiting queue of the model is full.</summary>
    QueueFull,

    /// <summary>An input's shape cannot be executed (operation refuses it, or sizes above the limits).</summary>
    UnsupportedShape,

    /// <summary>Memory for tensors is not to be had within the limits.</summary>
    OutOfMemory,

    /// <summary>The backend failed; <c>InferRequest.ErrorText</c> holds its text for the log.</summary>
    Failed,
}
