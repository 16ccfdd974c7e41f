using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;

namespace Ovms.Server.Tests.Grpc;

/// <summary>A gRPC client of a few lines on <see cref="HttpClient"/>: independent of the server's code, able to misbehave.</summary>
internal sealed class GrpcTestClient : IDisposable
{
    private readonly HttpClient _http;

    public GrpcTestClient(int port)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, InitialHttp2StreamWindowSize = 16 << 20 };
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri($"http://127.0.0.1:{port}"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public static byte[] Frame(ReadOnlySpan<byte> message, byte flag = 0)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame.AsSpan(5));
        return frame;
    }

    public Task<GrpcAnswer> CallAsync(string path, byte[] body, params (string Name, string Value)[] headers) =>
        CallAsync(path, new ByteArrayContent(body), CancellationToken.None, headers);

    public async Task<GrpcAnswer> CallAsync(
        string path, HttpContent content, CancellationToken cancellationToken, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        content.Headers.ContentType ??= new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.ParseAdd("trailers");
        foreach (var (name, value) in headers)
        {
            if (name == "content-type")
            {
                content.Headers.ContentType = MediaTypeHeaderValue.Parse(value);
            }
            else if (name == ":method")
            {
                request.Method = new HttpMethod(value);
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return new GrpcAnswer(response, bytes);
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>What came back.</summary>
internal sealed class GrpcAnswer
{
    public GrpcAnswer(HttpResponseMessage response, byte[] body)
    {
        HttpStatus = (int)response.StatusCode;
        Body = body;
        IsTrailersOnly = response.Headers.Contains("grpc-status");
        Status = int.Parse(Find(response, "grpc-status") ?? "-1", System.Globalization.CultureInfo.InvariantCulture);
        RawText = Find(response, "grpc-message");
        Encoding = Find(response, "grpc-encoding");
        AcceptEncoding = Find(response, "grpc-accept-encoding");
    }

    public int HttpStatus { get; }

    public bool IsTrailersOnly { get; }

    public int Status { get; }

    public string? RawText { get; }

    public string? Text => RawText is null ? null : Uri.UnescapeDataString(RawText);

    public string? Encoding { get; }

    public string? AcceptEncoding { get; }

    public byte[] Body { get; }

    /// <summary>The only message of the body.</summary>
    public byte[] Message
    {
        get
        {
            Assert.True(Body.Length >= 5, "no message");
            Assert.Equal(Body.Length - 5, BinaryPrimitives.ReadInt32BigEndian(Body.AsSpan(1)));
            return Body[5..];
        }
    }

    private static string? Find(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values)
            ? string.Join(',', values)
            : null;
}
