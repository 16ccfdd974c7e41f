using System.Buffers;
using System.IO.Compression;
using System.Text;

namespace Ovms.Server.Rest;

/// <summary>Sends finished bodies, compressed where the client asks for it (W§0.3).</summary>
internal static class RestResponse
{
    /// <summary>Bodies up to this size are never compressed (Drogon's default).</summary>
    public const int MinGzipBytes = 1024;

    /// <summary>Sends a text as the whole body.</summary>
    public static ValueTask SendAsync(RestExchange exchange, int status, string body) => SendAsync(exchange, status, Encoding.UTF8.GetBytes(body));

    /// <summary>Sends bytes as the whole body.</summary>
    public static ValueTask SendAsync(RestExchange exchange, int status, ReadOnlyMemory<byte> body)
    {
        if (body.Length > MinGzipBytes && exchange.AcceptsGzip)
        {
            return SendGzipAsync(exchange, status, body);
        }

        // Not flushed: the end of the request does it, so that head and body leave in one piece.
        exchange.Begin(status, body.Length);
        exchange.Output.Write(body.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>Begins a compressed answer of unknown length; the stream is disposed at its end and leaves the output open.</summary>
    public static GZipStream BeginGzip(RestExchange exchange, int status)
    {
        exchange.SetHeader("Content-Encoding", "gzip");
        exchange.SetHeader("Vary", "Accept-Encoding");
        exchange.Begin(status, null);
        return new GZipStream(exchange.Output.AsStream(leaveOpen: true), CompressionLevel.Fastest);
    }

    private static async ValueTask SendGzipAsync(RestExchange exchange, int status, ReadOnlyMemory<byte> body)
    {
        await using var gzip = BeginGzip(exchange, status);
        await gzip.WriteAsync(body);
    }
}
