using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Ovms.Server.Dispatch;
using Ovms.Server.Hosting;
using Ovms.Server.Rest.TfServing;
using Ovms.Server.Rest.Transport;

namespace Ovms.Server.Rest;

/// <summary>The REST port: HTTP/1.1 on Kestrel without an ASP.NET host, answering the <c>/v1</c> API (W§3).</summary>
internal sealed class RestServer : IProtocolServer
{
    private readonly RestServerOptions _options;
    private readonly KestrelServer _kestrel;
    private readonly TfServingEndpoints _endpoints;
    private readonly RestApplication _application;

    /// <summary>Makes a server that does not listen yet.</summary>
    /// <param name="options">Address and limits.</param>
    /// <param name="dispatcher">Answers the requests.</param>
    /// <param name="loggerFactory">Kestrel's own log; null logs nothing.</param>
    public RestServer(RestServerOptions options, Dispatcher dispatcher, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(dispatcher);
        var log = loggerFactory ?? NullLoggerFactory.Instance;
        _options = options;
        _endpoints = new TfServingEndpoints(options, dispatcher);
        _application = new RestApplication(options, _endpoints);

        var kestrelOptions = new KestrelServerOptions { AddServerHeader = false };
        var limits = kestrelOptions.Limits;

        // Bodies are counted here, after inflation too, so that the client reads an error instead of seeing a cut connection.
        limits.MaxRequestBodySize = null;
        limits.MaxRequestHeadersTotalSize = options.MaxHeaderBytes;
        limits.MaxRequestLineSize = Math.Min(options.MaxHeaderBytes, limits.MaxRequestLineSize);
        kestrelOptions.Listen(options.BindAddress, options.Port, static listen => listen.Protocols = HttpProtocols.Http1);

        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), log);
        _kestrel = new KestrelServer(Options.Create(kestrelOptions), transport, log);
    }

    /// <inheritdoc/>
    public int Port { get; private set; }

    /// <summary>Blocks of tensor memory in use by requests; 0 when none runs.</summary>
    internal int RentedBlocks => _endpoints.Memory.Rented;

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
        _endpoints.Dispose();
        return ValueTask.CompletedTask;
    }
}
