using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;

namespace Ovms.Server.Dispatch;

/// <summary>One predict request on its way through <see cref="Dispatcher"/>: which servable, which infer request. Pooled with the protocol's own
/// call object; not safe for concurrent use except <see cref="Cancel"/>.</summary>
/// <remarks>Life: <see cref="Dispatcher.ResolveAsync"/> → <see cref="Dispatcher.PredictAsync"/> → read <see cref="Request"/>'s outputs →
/// <see cref="Release"/>, which must be called on every path.</remarks>
internal sealed class PredictCall
{
    /// <summary>The resolved servable; null before.</summary>
    public ServableVersion? Servable { get; internal set; }

    /// <summary>The infer request whose outputs hold the answer (<c>Request.GetOutput(servable.Outputs[i].Descriptor.Index)</c>); null before and after.</summary>
    public InferRequest? Request { get; internal set; }

    /// <summary>Ends waiting and inference early with <see cref="InferenceError.Cancelled"/> or <see cref="InferenceError.DeadlineExceeded"/>.
    /// Safe from any thread, also when nothing runs any more.</summary>
    public void Cancel(InferenceError reason) => throw new NotSupportedException();

    /// <summary>Gives infer request and servable lease back; the call can be used again. Idempotent.</summary>
    public void Release() => throw new NotSupportedException();
}
