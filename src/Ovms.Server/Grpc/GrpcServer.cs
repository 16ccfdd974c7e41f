using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Ovms.Server.Dispatch;
using Ovms.Server.Grpc.TfServing;
using Ovms.Server.Grpc.Transport;
using Ovms.Server.Hosting;

namespace Ovms.Server.Grpc;

/// <summary>The gRPC port: HTTP/2 with prior knowledge on Kestrel without an ASP.NET host.</summary>
internal sealed class GrpcServer : IProtocolServer
{
    private readonly GrpcServerOptions _options;
    private readonly KestrelServer _kestrel;
    private readonly KestrelGrpcApplication _application;

    /// <summary>Makes the server of the TensorFlow Serving API. It does not listen yet.</summary>
    /// <param name="options">Address and limits.</param>
    /// <param name="dispatcher">Answers the requests.</param>
    /// <param name="loggerFactory">Kestrel's own log; null logs nothing.</param>
    public GrpcServer(GrpcServerOptions options, Dispatcher dispatcher, ILoggerFactory? loggerFactory = null)
        : this(options, [new PredictionService(dispatcher), new ModelService(dispatcher)], loggerFactory)
    {
    }

    /// <summary>Makes a server of any services.</summary>
    public GrpcServer(GrpcServerOptions options, IGrpcService[] services, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        var log = loggerFactory ?? NullLoggerFactory.Instance;
        _options = options;
        _application = new KestrelGrpcApplication(options, services);
        var transport = new SocketTransportFactory(Options.Create(TransportOptions()), log);
        _kestrel = new KestrelServer(Options.Create(KestrelOptions(options)), transport, log);
    }

    /// <inheritdoc/>
    public int Port { get; private set; }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _kestrel.StartAsync(_application, cancellationToken);
        }
        catch (SocketException error)
        {
            // Kestrel wraps only "address in use"; a foreign address or a forbidden port arrives bare.
            throw new IOException($"Failed to bind to address {_options.BindAddress}:{_options.Port}: {error.Message}", error);
        }

        Port = _options.Port;
        foreach (var address in _kestrel.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
        {
            Port = new Uri(address).Port;
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _kestrel.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _kestrel.Dispose();
        return ValueTask.CompletedTask;
    }

    private static KestrelServerOptions KestrelOptions(GrpcServerOptions options)
    {
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        var limits = kestrel.Limits;

        // Messages are limited by their declared length; a tensor may take as long as the client's deadline allows, an idle channel is normal.
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;

        // Finite, though long: Kestrel adds "infinite" to its clock, overflows, and closes every connection that is idle at its next tick.
        limits.KeepAliveTimeout = TimeSpan.FromDays(365);
        limits.Http2.MaxStreamsPerConnection = options.MaxConcurrentStreams;
        limits.Http2.InitialStreamWindowSize = options.StreamWindowBytes;
        limits.Http2.InitialConnectionWindowSize = options.ConnectionWindowBytes;
        limits.Http2.MaxFrameSize = options.MaxFrameBytes;

        // A frame is parsed when all of it is there: the connection's buffer must hold several.
        limits.MaxRequestBufferSize = Math.Max(1 << 20, 4L * options.MaxFrameBytes);
        kestrel.Listen(options.BindAddress, options.Port, static listen => listen.Protocols = HttpProtocols.Http2);
        return kestrel;
    }

    private static SocketTransportOptions TransportOptions() => new();
}
