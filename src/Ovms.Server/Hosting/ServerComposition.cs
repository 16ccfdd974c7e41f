using System.Net;
using Ovms.Runtime.Embedded;
using Ovms.Runtime.Inference;
using Ovms.Server.Dispatch;
using Ovms.Server.Grpc;
using Ovms.Server.Logging;
using Ovms.Server.Rest;

namespace Ovms.Server.Hosting;

/// <summary>The one place that knows which backend and which protocol servers the program is made of.</summary>
internal static class ServerComposition
{
    /// <summary>The execution provider.</summary>
    public static IInferenceBackend CreateBackend() => new EmbeddedBackend();

    /// <summary>A server that does not listen yet.</summary>
    public static IProtocolServer CreateServer(ServerKind kind, IPAddress address, int port, Dispatcher dispatcher, Logger log) => kind switch
    {
        ServerKind.Grpc => new GrpcServer(
            new GrpcServerOptions
            {
                BindAddress = address,
                Port = port,
                OnDefect = error => log.Write(LogLevel.Error, $"A gRPC call broke: {error}"),
            },
            dispatcher,
            new FrameworkLoggerFactory(log)),
        ServerKind.Rest => new RestServer(
            new RestServerOptions { BindAddress = address, Port = port }, dispatcher, new FrameworkLoggerFactory(log)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such protocol"),
    };
}
