using Ovms.Server.Dispatch;

namespace Ovms.Server.Grpc.TfServing;

/// <summary>The services of the TensorFlow Serving API.</summary>
internal static class TfServingServices
{
    /// <summary>Makes them on top of a dispatcher.</summary>
    public static IGrpcService[] Create(Dispatcher dispatcher)
    {
        ArgumentNullException.ThrowIfNull(dispatcher);
        return [];
    }
}
