using System.Net;

namespace Ovms.Server.Grpc;

/// <summary>Settings of the gRPC port. Immutable.</summary>
internal sealed record GrpcServerOptions
{
    /// <summary>Address to listen on; default all of IPv4 (W§0.3).</summary>
    public IPAddress BindAddress { get; init; } = IPAddress.Any;

    /// <summary>TCP port; 0 takes a free one.</summary>
    public required int Port { get; init; }

    /// <summary>Largest message taken, counted after decompression; 1 GiB (W§0.3). At most <see cref="int.MaxValue"/>.</summary>
    public int MaxReceiveMessageBytes { get; init; } = 1 << 30;

    /// <summary>Largest message sent; 1 GiB (W§0.3).</summary>
    public int MaxSendMessageBytes { get; init; } = 1 << 30;

    /// <summary>Calls in flight on one connection; a client that wants more waits. 4096: well above the 1,000 that load tests open, while
    /// the calls' own state stays below a few MB a connection.</summary>
    public int MaxConcurrentStreams { get; init; } = 4096;

    /// <summary>Bytes a client may send on one stream ahead of what has been looked at; 16 MiB: more than loopback or a 100 Gbit/s link with
    /// 1 ms round trip (12.5 MB) keeps in flight.</summary>
    public int StreamWindowBytes { get; init; } = 16 << 20;

    /// <summary>The same for all streams of a connection together; 64 MiB.</summary>
    public int ConnectionWindowBytes { get; init; } = 64 << 20;

    /// <summary>Largest HTTP/2 frame taken; 16 KiB … 16 MiB − 1.</summary>
    public int MaxFrameBytes { get; init; } = 64 << 10;

    /// <summary>Told of exceptions that escape a service: defects of ours. Called on any thread; null drops them.</summary>
    public Action<Exception>? OnDefect { get; init; }
}
