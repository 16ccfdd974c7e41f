using System.Buffers;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Rest;

/// <summary>Takes a request body in pieces, as they arrive.</summary>
internal interface IBodySink
{
    /// <summary>Takes the next bytes.</summary>
    /// <returns>False when no further byte can change the verdict.</returns>
    bool Feed(ReadOnlySpan<byte> data);
}

/// <summary>Reads request bodies: counts them against the limit and inflates them (W§0.3).</summary>
internal static class RestBodyReader
{
    private const int InflateBytes = 64 << 10;

    /// <summary>Feeds the whole body to <paramref name="sink"/>, or as much as it wants.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskBuilder<>))]
    public static async ValueTask<ServingStatus> ReadAsync(RestExchange exchange, IBodySink sink, long maxBytes)
    {
        if (exchange.ContentLength > maxBytes)
        {
            return ServingStatus.RestBodyTooLarge;
        }

        var encoding = exchange.ContentEncoding;
        if (encoding.Length != 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return await InflateAsync(exchange, encoding, sink, maxBytes);
        }

        var body = exchange.Body;
        var left = maxBytes;
        while (true)
        {
            var result = await body.ReadAsync();
            var status = Take(result.Buffer, sink, ref left, out var wantsMore);
            body.AdvanceTo(result.Buffer.End);
            if (status != ServingStatus.Ok || !wantsMore || result.IsCompleted)
            {
                return status;
            }
        }
    }

    private static ServingStatus Take(in ReadOnlySequence<byte> buffer, IBodySink sink, ref long left, out bool wantsMore)
    {
        wantsMore = true;
        if (buffer.Length > left)
        {
            return ServingStatus.RestBodyTooLarge;
        }

        left -= buffer.Length;
        foreach (var segment in buffer)
        {
            if (!sink.Feed(segment.Span))
            {
                wantsMore = false;
                break;
            }
        }

        return ServingStatus.Ok;
    }

    private static async ValueTask<ServingStatus> InflateAsync(RestExchange exchange, string encoding, IBodySink sink, long maxBytes)
    {
        await using var source = exchange.Body.AsStream(leaveOpen: true);
        await using Stream? inflater =
            encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase) || encoding.Equals("x-gzip", StringComparison.OrdinalIgnoreCase)
                ? new GZipStream(source, CompressionMode.Decompress)
            : encoding.Equals("deflate", StringComparison.OrdinalIgnoreCase) ? new ZLibStream(source, CompressionMode.Decompress)
            : null;
        if (inflater is null)
        {
            return ServingStatus.RestUnsupportedContentEncoding;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(InflateBytes);
        try
        {
            for (var left = maxBytes; ;)
            {
                var count = await inflater.ReadAsync(buffer);
                if (count == 0)
                {
                    return ServingStatus.Ok;
                }

                if (count > left)
                {
                    return ServingStatus.RestBodyTooLarge;
                }

                left -= count;
                if (!sink.Feed(buffer.AsSpan(0, count)))
                {
                    return ServingStatus.Ok;
                }
            }
        }
        catch (InvalidDataException)
        {
            return ServingStatus.RestBodyNotInflatable;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }
}
