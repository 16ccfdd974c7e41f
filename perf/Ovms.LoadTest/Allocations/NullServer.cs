using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Ovms.LoadTest.Allocations;

/// <summary>A handler that does nothing but use Kestrel as a server must: read the body through the pipe, write a fixed answer, set the headers.
/// What a request allocates here is Kestrel's.</summary>
internal sealed class NullServer : IHttpApplication<NullServer.Context>, IDisposable
{
    private static readonly StringValues s_zero = "0";
    private static readonly StringValues s_grpc = "application/grpc";
    private static readonly StringValues s_json = "application/json";

    private readonly KestrelServer _kestrel;
    private readonly byte[] _answer;
    private readonly bool _isGrpc;
    private readonly bool _isChunked;

    /// <summary>A server on a free port that answers with <paramref name="answer"/>.</summary>
    public NullServer(bool isGrpc, byte[] answer, bool isChunked = false)
    {
        (_isGrpc, _answer, _isChunked) = (isGrpc, answer, isChunked);
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1);
        _kestrel = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
    }

    /// <summary>Starts.</summary>
    /// <returns>Where it listens.</returns>
    public async Task<IPEndPoint> StartAsync()
    {
        await _kestrel.StartAsync(this, CancellationToken.None);
        return new IPEndPoint(IPAddress.Loopback, new Uri(_kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port);
    }

    /// <inheritdoc/>
    public Context CreateContext(IFeatureCollection contextFeatures)
    {
        if (contextFeatures is IHostContextContainer<Context> container)
        {
            return container.HostContext ??= new Context(contextFeatures);
        }

        return new Context(contextFeatures);
    }

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(Context context)
    {
        var reader = context.Body.Reader;
        while (true)
        {
            var read = await reader.ReadAsync();
            if (read.IsCompleted)
            {
                reader.AdvanceTo(read.Buffer.End);
                break;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }

        var writer = context.ResponseBody.Writer;
        context.Response.Headers.ContentType = _isGrpc ? s_grpc : s_json;
        if (!_isGrpc && !_isChunked)
        {
            context.Response.Headers.ContentLength = _answer.Length;
        }

        if (_isGrpc)
        {
            context.Trailers!.Trailers.GrpcStatus = s_zero;
        }

        // Not IBufferWriter.Write: before the response has begun Kestrel's writer has no span to give.
        await writer.WriteAsync(_answer);
    }

    /// <inheritdoc/>
    public void DisposeContext(Context context, Exception? exception)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _kestrel.Dispose();

    /// <summary>Kestrel's features, looked up once per pooled stream.</summary>
    internal sealed class Context(IFeatureCollection features)
    {
        public IRequestBodyPipeFeature Body { get; } = features.Get<IRequestBodyPipeFeature>()!;

        public IHttpResponseFeature Response { get; } = features.Get<IHttpResponseFeature>()!;

        public IHttpResponseBodyFeature ResponseBody { get; } = features.Get<IHttpResponseBodyFeature>()!;

        public IHttpResponseTrailersFeature? Trailers { get; } = features.Get<IHttpResponseTrailersFeature>();
    }
}
