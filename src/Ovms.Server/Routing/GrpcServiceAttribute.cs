namespace Ovms.Server.Routing;

/// <summary>Makes a partial class a gRPC service. The generator implements <c>IGrpcService</c> on it: matcher and dispatch.</summary>
/// <param name="name">Full service name: <c>tensorflow.serving.PredictionService</c>.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class GrpcServiceAttribute(string name) : Attribute
{
    /// <summary>Full service name.</summary>
    public string Name { get; } = name;
}
