using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Ovms.Server.Grpc.Transport;

/// <summary><see cref="IGrpcStream"/> on Kestrel's features. Lives as long as Kestrel's pooled stream object, which is the feature collection
/// and every feature itself; so they are looked up once.</summary>
internal sealed class KestrelGrpcStream : IGrpcStream
{
    private const string ContentType = "application/grpc";
    private const int InternalErrorCode = 2; // HTTP/2 INTERNAL_ERROR

    private static readonly StringValues s_contentType = ContentType;
    private static readonly StringValues[] s_statuses = MakeStatuses();

    private IFeatureCollection? _features;
    private IHttpRequestFeature _request = default!; // set by Open
    private IHttpResponseFeature _response = default!; // set by Open
    private IHttpResponseBodyFeature _responseBody = default!; // set by Open
    private IHttpResponseTrailersFeature _trailers = default!; // set by Open
    private IRequestBodyPipeFeature _body = default!; // set by Open
    private IHttpRequestLifetimeFeature _lifetime = default!; // set by Open
    private CancellationTokenRegistration _abortRegistration;
    private byte[] _scratch = new byte[128];
    private bool _begun;

    public KestrelGrpcStream(GrpcServerOptions options, IGrpcService[] services)
    {
        Call = new GrpcCall(this, options, services);
    }

    /// <summary>The call of the current request.</summary>
    public GrpcCall Call { get; }

    /// <inheritdoc/>
    public PipeReader Input => _body.Reader;

    /// <inheritdoc/>
    public PipeWriter Output => _responseBody.Writer;

    /// <summary>Begins a request.</summary>
    public void Open(IFeatureCollection features)
    {
        _begun = false;
        if (ReferenceEquals(_features, features))
        {
            return;
        }

        // Kestrel has these six on every HTTP/2 stream.
        _request = features.Get<IHttpRequestFeature>()!;
        _response = features.Get<IHttpResponseFeature>()!;
        _responseBody = features.Get<IHttpResponseBodyFeature>()!;
        _trailers = features.Get<IHttpResponseTrailersFeature>()!;
        _body = features.Get<IRequestBodyPipeFeature>()!;
        _lifetime = features.Get<IHttpRequestLifetimeFeature>()!;
        _features = features;
    }

    /// <summary>Ends a request.</summary>
    public void Close()
    {
        // Unregister does not wait for a callback that runs: the call ignores one that comes after its end.
        _abortRegistration.Unregister();
        _abortRegistration = default;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Header(GrpcHeader header)
    {
        var headers = _request.Headers;
        var text = header switch
        {
            GrpcHeader.Method => _request.Method,
            GrpcHeader.Path => _request.RawTarget,
            GrpcHeader.ContentType => headers.ContentType.ToString(),
            GrpcHeader.Timeout => headers.GrpcTimeout.ToString(),
            GrpcHeader.Encoding => headers.GrpcEncoding.ToString(),
            GrpcHeader.AcceptEncoding => headers.GrpcAcceptEncoding.ToString(),
            _ => throw new ArgumentOutOfRangeException(nameof(header)),
        };
        if (text.Length > _scratch.Length)
        {
            _scratch = new byte[text.Length * 2];
        }

        return _scratch.AsSpan(0, Encoding.Latin1.GetBytes(text, _scratch));
    }

    /// <inheritdoc/>
    public void BeginResponse(string? encoding)
    {
        _begun = true;
        var headers = _response.Headers;
        headers.ContentType = s_contentType;
        if (encoding is not null)
        {
            headers.GrpcEncoding = encoding;
        }
    }

    /// <inheritdoc/>
    public void EndResponse(int httpStatus, GrpcStatusCode status, string? message, string? acceptEncoding)
    {
        IHeaderDictionary target;
        if (_begun)
        {
            target = _trailers.Trailers;
        }
        else
        {
            target = _response.Headers;
            _response.StatusCode = httpStatus;
            target.ContentType = s_contentType;
            if (acceptEncoding is not null)
            {
                target.GrpcAcceptEncoding = acceptEncoding;
            }
        }

        target.GrpcStatus = s_statuses[(int)status];
        if (message is not null)
        {
            target.GrpcMessage = message;
        }
    }

    /// <inheritdoc/>
    public void Reset() => _features!.Get<IHttpResetFeature>()?.Reset(InternalErrorCode);

    /// <inheritdoc/>
    public void WatchAbort(IGrpcAbortListener listener)
    {
        _abortRegistration = _lifetime.RequestAborted.UnsafeRegister(static state => ((IGrpcAbortListener)state!).OnAborted(), listener);
    }

    private static StringValues[] MakeStatuses()
    {
        var statuses = new StringValues[(int)GrpcStatusCode.Unauthenticated + 1];
        for (var i = 0; i < statuses.Length; i++)
        {
            statuses[i] = i.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return statuses;
    }
}
