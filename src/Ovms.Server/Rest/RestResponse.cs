using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
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

        exchange.Begin(status, body.Length);
        return WriteAsync(exchange.Output, body);
    }

    /// <summary>Writes the last, or only, part of an answer.</summary>
    public static ValueTask WriteAsync(PipeWriter output, ReadOnlyMemory<byte> body)
    {
        // Head and body leave in one piece. Through GetSpan Kestrel would lease a block per answer, which allocates.
        var flush = output.WriteAsync(body);
        if (!flush.IsCompletedSuccessfully)
        {
            return AwaitAsync(flush);
        }

        flush.GetAwaiter().GetResult();
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

    [AsyncMethodBuilder(typeof(PooledTaskBuilder))]
    private static async ValueTask AwaitAsync(ValueTask<FlushResult> write) => await write;

    private static async ValueTask SendGzipAsync(RestExchange exchange, int status, ReadOnlyMemory<byte> body)
    {
        await using var gzip = BeginGzip(exchange, status);
        await gzip.WriteAsync(body);
    }
}
