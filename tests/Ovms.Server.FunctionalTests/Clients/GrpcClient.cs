using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Ovms.Server.FunctionalTests.Clients;

/// <summary>A minimal gRPC client: one HTTP/2 connection with prior knowledge, unary calls of bytes.</summary>
internal sealed class GrpcClient : IDisposable
{
    public const string Predict = "/tensorflow.serving.PredictionService/Predict";
    public const string Metadata = "/tensorflow.serving.PredictionService/GetModelMetadata";
    public const string Status = "/tensorflow.serving.ModelService/GetModelStatus";

    private readonly HttpClient _http;

    public GrpcClient(int port)
    {
        var handler = new SocketsHttpHandler { InitialHttp2StreamWindowSize = 16 << 20, UseProxy = false };
        _http = new HttpClient(handler)
        {
            BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    /// <summary>A message with its five-byte prefix.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message, byte flag = 0)
    {
        var framed = new byte[5 + message.Length];
        framed[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(framed.AsSpan(1), (uint)message.Length);
        message.CopyTo(framed.AsSpan(5));
        return framed;
    }

    /// <summary>Calls a method.</summary>
    public Task<GrpcReply> CallAsync(string path, IMessage message) => SendAsync(path, Frame(message.ToByteArray()));

    /// <summary>Sends a body as it stands, prefix included.</summary>
    public async Task<GrpcReply> SendAsync(string path, ReadOnlyMemory<byte> body, string? encoding = null, string contentType = "application/grpc")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ReadOnlyMemoryContent(body) };
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (encoding is not null)
        {
            request.Headers.Add("grpc-encoding", encoding);
        }

        using var response = await _http.SendAsync(request);
        var answer = await response.Content.ReadAsByteArrayAsync();
        var status = Header(response, "grpc-status");
        return new GrpcReply(
            status is null ? -1 : int.Parse(status, CultureInfo.InvariantCulture),
            Uri.UnescapeDataString(Header(response, "grpc-message") ?? ""),
            answer.Length < 5 ? [] : answer[5..]);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string? Header(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.First() : null;
}
