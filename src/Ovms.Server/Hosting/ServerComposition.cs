using System.Net;
using Ovms.Runtime.Embedded;
using Ovms.Runtime.Inference;
using Ovms.Runtime.OpenVino;
using Ovms.Server.Configuration;
using Ovms.Server.Dispatch;
using Ovms.Server.Grpc;
using Ovms.Server.Logging;
using Ovms.Server.Rest;

namespace Ovms.Server.Hosting;

/// <summary>The one place that knows which backend and which protocol servers the program is made of.</summary>
internal static class ServerComposition
{
    /// <summary>The execution provider that the options ask for.</summary>
    /// <exception cref="Ovms.Runtime.Errors.OpenVinoLoadException">OpenVINO is demanded and not usable.</exception>
    public static BackendSelection SelectBackend(ServerOptions options)
    {
        var choice = BackendSelector.TryParse(options.Backend, out var parsed) ? parsed
            : throw new ArgumentException("the options have not been validated", nameof(options));
        return BackendSelector.Select(choice, new OpenVinoSearch { ExplicitPath = options.OpenVinoPath });
    }

    /// <summary>The execution provider that needs nothing else on the machine.</summary>
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
