using Ovms.Runtime.Errors;

namespace Ovms.Server.Grpc;

/// <summary>Work that a call has under way and that its deadline or its client can end.</summary>
internal interface IGrpcCancelTarget
{
    /// <summary>Called at most once, on any thread, under the call's lock: must not block and must not call back.</summary>
    void Cancel(InferenceError reason);
}
