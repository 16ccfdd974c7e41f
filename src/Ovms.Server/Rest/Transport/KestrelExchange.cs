using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ovms.Server.Rest.Transport;

/// <summary><see cref="RestExchange"/> on Kestrel's features.</summary>
internal sealed class KestrelExchange : RestExchange
{
    private const string JsonType = "application/json";

    private readonly RestServerOptions _options;
    private byte[] _path = new byte[256];
    private int _pathLength;
    private string? _target;
    private IHttpRequestFeature _request = default!; // set by Open
    private IHttpResponseFeature _response = default!; // set by Open
    private IHttpResponseBodyFeature _responseBody = default!; // set by Open
    private PipeReader? _body;
    private IFeatureCollection _features = default!; // set by Open
    private RestVerb _verb;
    private bool _watchesConnection;

    // Any thread.
    private volatile bool _isDisconnected;
    private volatile IDisconnectListener? _listener;

    public KestrelExchange(RestServerOptions options)
    {
        _options = options;
    }

    /// <inheritdoc/>
    public override RestVerb Verb => _verb;

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Path => _path.AsSpan(0, _pathLength);

    /// <inheritdoc/>
    public override long? ContentLength => _request.Headers.ContentLength;

    /// <inheritdoc/>
    public override PipeReader Body => _body ??= _features.Get<IRequestBodyPipeFeature>()!.Reader; // Kestrel has this feature always

    /// <inheritdoc/>
    public override string ContentEncoding => _request.Headers.ContentEncoding.Count == 0 ? "" : _request.Headers.ContentEncoding.ToString();

    /// <inheritdoc/>
    public override bool AcceptsGzip
    {
        get
        {
            var accepted = _request.Headers.AcceptEncoding;
            return accepted.Count != 0 && AcceptEncoding.AllowsGzip(accepted.ToString());
        }
    }

    /// <inheritdoc/>
    public override PipeWriter Output => _responseBody.Writer;

    /// <inheritdoc/>
    public override bool IsDisconnected => _isDisconnected;

    /// <inheritdoc/>
    public override IDisconnectListener? DisconnectListener
    {
        get => _listener;
        set => _listener = value;
    }

    /// <summary>Begins a request.</summary>
    public void Open(IFeatureCollection features)
    {
        _features = features;
        _request = features.Get<IHttpRequestFeature>()!; // Kestrel has these three always
        _response = features.Get<IHttpResponseFeature>()!;
        _responseBody = features.Get<IHttpResponseBodyFeature>()!;
        _verb = ParseVerb(_request.Method);
        SetPath(_request.RawTarget);
        if (!_watchesConnection)
        {
            // Once per connection: Kestrel's own token per request would cost an allocation each.
            _watchesConnection = true;
            features.Get<IConnectionLifetimeFeature>()?.ConnectionClosed.UnsafeRegister(
                static state => ((KestrelExchange)state!).OnConnectionClosed(), this);
        }
    }

    /// <summary>Ends a request.</summary>
    public void Close()
    {
        _listener = null;
        _body = null;
        (_request, _response, _responseBody, _features) = (default!, default!, default!, default!);
    }

    /// <inheritdoc/>
    public override string Header(string name) => _request.Headers[name].ToString();

    /// <inheritdoc/>
    public override void SetHeader(string name, string value) => _response.Headers[name] = value;

    /// <inheritdoc/>
    public override void Begin(int status, long? contentLength)
    {
        _response.StatusCode = status;
        var headers = _response.Headers;
        headers.ContentType = JsonType;
        headers.ContentLength = contentLength;
        AddCrossOriginHeaders(headers);
    }

    /// <inheritdoc/>
    public override void Abort() => _features.Get<IHttpRequestLifetimeFeature>()?.Abort();

    private void AddCrossOriginHeaders(IHeaderDictionary headers)
    {
        if (_options.AllowedOrigins.Length != 0)
        {
            headers.AccessControlAllowOrigin = _options.AllowedOrigins;
        }

        if (_options.AllowedMethods.Length != 0)
        {
            headers.AccessControlAllowMethods = _options.AllowedMethods;
        }

        if (_options.AllowedHeaders.Length != 0)
        {
            headers.AccessControlAllowHeaders = _options.AllowedHeaders;
        }

        if (_options.AllowCredentials)
        {
            headers.AccessControlAllowCredentials = "true";
        }
    }

    private void OnConnectionClosed()
    {
        _isDisconnected = true;
        _listener?.OnDisconnected();
    }

    private void SetPath(string target)
    {
        if (ReferenceEquals(target, _target))
        {
            // Kestrel hands out the same string while a connection repeats its request line.
            return;
        }

        _target = target;
        var path = target.AsSpan();
        if (path.Length != 0 && path[0] != '/')
        {
            path = StripAuthority(path);
        }

        var query = path.IndexOf('?');
        if (query >= 0)
        {
            path = path[..query];
        }

        if (path.Length > _path.Length)
        {
            _path = new byte[path.Length];
        }

        for (var i = 0; i < path.Length; i++)
        {
            // Kestrel admits ASCII only; anything else could match no route.
            _path[i] = path[i] < 0x80 ? (byte)path[i] : (byte)0xFF;
        }

        _pathLength = path.Length;
    }

    // Absolute form (RFC 9112 §3.2.2): http://host:port/path.
    private static ReadOnlySpan<char> StripAuthority(ReadOnlySpan<char> target)
    {
        var scheme = target.IndexOf("://");
        if (scheme < 0)
        {
            return target;
        }

        var rest = target[(scheme + 3)..];
        var slash = rest.IndexOf('/');
        return slash < 0 ? "/" : rest[slash..];
    }

    private static RestVerb ParseVerb(string method) => method switch
    {
        "GET" => RestVerb.Get,
        "POST" => RestVerb.Post,
        "HEAD" => RestVerb.Head,
        "OPTIONS" => RestVerb.Options,
        _ => RestVerb.Other,
    };
}
