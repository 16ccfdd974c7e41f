using System.IO.Compression;

namespace Ovms.Server.Grpc;

/// <summary>How messages of a call are compressed.</summary>
internal enum GrpcEncoding
{
    Identity,
    Gzip,
}

/// <summary>Message encodings: names, negotiation, compression.</summary>
internal static class GrpcCompression
{
    /// <summary>Name of gzip in headers.</summary>
    public const string Gzip = "gzip";

    /// <summary>Value of <c>grpc-accept-encoding</c>.</summary>
    public const string Accepted = "identity,gzip";

    /// <summary>Reads <c>grpc-encoding</c>; absent means identity.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out GrpcEncoding encoding)
    {
        encoding = name.SequenceEqual("gzip"u8) ? GrpcEncoding.Gzip : GrpcEncoding.Identity;
        return encoding == GrpcEncoding.Gzip || name.IsEmpty || name.SequenceEqual("identity"u8);
    }

    /// <summary>Whether <c>grpc-accept-encoding</c>, a comma-separated list, names gzip.</summary>
    public static bool AcceptsGzip(ReadOnlySpan<byte> accepted)
    {
        foreach (var range in accepted.Split((byte)','))
        {
            if (accepted[range].Trim((byte)' ').SequenceEqual("gzip"u8))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Compresses a whole message.</summary>
    public static MemoryStream Compress(ReadOnlyMemory<byte> message)
    {
        var compressed = new MemoryStream(Math.Max(256, message.Length / 2));
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(message.Span);
        }

        return compressed;
    }
}
