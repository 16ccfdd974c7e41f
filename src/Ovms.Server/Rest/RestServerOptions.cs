using System.Net;

namespace Ovms.Server.Rest;

/// <summary>Settings of the REST port. Immutable.</summary>
internal sealed record RestServerOptions
{
    /// <summary>Address to listen on; default all of IPv4 (W§0.3).</summary>
    public IPAddress BindAddress { get; init; } = IPAddress.Any;

    /// <summary>TCP port; 0 takes a free one.</summary>
    public required int Port { get; init; }

    /// <summary>Largest request body, counted after inflation; 1 GiB (W§0.3).</summary>
    public long MaxBodyBytes { get; init; } = 1L << 30;

    /// <summary>Largest tensor that one input of a request may fill; 1 GiB, as the largest gRPC message.</summary>
    public long MaxTensorBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of tensor memory kept between requests; more is freed. 256 MiB.</summary>
    public long MaxPooledBytes { get; init; } = 256L << 20;

    /// <summary>Request line and headers together; 32 KiB.</summary>
    public int MaxHeaderBytes { get; init; } = 32 << 10;

    /// <summary>Value of <c>Access-Control-Allow-Origin</c>; empty sends none.</summary>
    public string AllowedOrigins { get; init; } = "*";

    /// <summary>Value of <c>Access-Control-Allow-Methods</c>; empty sends none.</summary>
    public string AllowedMethods { get; init; } = "*";

    /// <summary>Value of <c>Access-Control-Allow-Headers</c>; empty sends none.</summary>
    public string AllowedHeaders { get; init; } = "*";

    /// <summary>Whether <c>Access-Control-Allow-Credentials: true</c> is sent.</summary>
    public bool AllowCredentials { get; init; }
}
