using System.Runtime.CompilerServices;
using Microsoft.Extensions.ObjectPool;
using Ovms.Server.Dispatch;
using Ovms.Server.Routing;

namespace Ovms.Server.Grpc.TfServing;

/// <summary><c>tensorflow.serving.PredictionService</c> (W§1.1).</summary>
[GrpcService("tensorflow.serving.PredictionService")]
internal sealed partial class PredictionService(Dispatcher dispatcher)
{
    // As many as calls run at once on a busy connection; an idle exchange is a few KB.
    private const int MaxRetained = 1024;

    private readonly DefaultObjectPool<PredictExchange> _exchanges = new(new DefaultPooledObjectPolicy<PredictExchange>(), MaxRetained);
    private readonly MetadataEndpoint _metadata = new(dispatcher);

    [GrpcMethod("Predict")]
    [AsyncMethodBuilder(typeof(PooledTaskBuilder))]
    private async ValueTask PredictAsync(GrpcCall call)
    {
        var exchange = _exchanges.Get();
        await exchange.RunAsync(call, dispatcher);

        // One that threw is dropped: nobody knows its condition.
        _exchanges.Return(exchange);
    }

    [GrpcMethod("GetModelMetadata")]
    private ValueTask GetModelMetadataAsync(GrpcCall call) => _metadata.RunAsync(call);

    // Upstream registers the three without a body: the code alone, no text (W§1.1).
    [GrpcMethod("Classify")]
    private static ValueTask ClassifyAsync(GrpcCall call) => RefuseAsync(call);

    [GrpcMethod("Regress")]
    private static ValueTask RegressAsync(GrpcCall call) => RefuseAsync(call);

    [GrpcMethod("MultiInference")]
    private static ValueTask MultiInferenceAsync(GrpcCall call) => RefuseAsync(call);

    private static ValueTask RefuseAsync(GrpcCall call)
    {
        call.Fail(GrpcStatusCode.Unimplemented, null);
        return ValueTask.CompletedTask;
    }
}
