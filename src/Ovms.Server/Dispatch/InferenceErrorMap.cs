using Ovms.Runtime.Errors;

namespace Ovms.Server.Dispatch;

/// <summary>From the runtime's errors to what clients read.</summary>
internal static class InferenceErrorMap
{
    /// <summary>The status of a failed inference; <see cref="ServingStatus.Ok"/> for <see cref="InferenceError.None"/>.</summary>
    public static ServingStatus ToStatus(this InferenceError error) => error switch
    {
        InferenceError.None => ServingStatus.Ok,
        InferenceError.Cancelled => ServingStatus.RequestCancelled,
        InferenceError.DeadlineExceeded => ServingStatus.DeadlineExceeded,
        InferenceError.QueueFull => ServingStatus.QueueFull,

        // The shape fits what the model declares and yet cannot be executed: upstream's word for that is a failed reshape.
        InferenceError.UnsupportedShape => ServingStatus.ReshapeError,
        InferenceError.OutOfMemory => ServingStatus.OutOfMemory,
        InferenceError.Failed => ServingStatus.OvInternalInferenceError,
        _ => throw new ArgumentOutOfRangeException(nameof(error), error, "an inference error without a status"),
    };
}
