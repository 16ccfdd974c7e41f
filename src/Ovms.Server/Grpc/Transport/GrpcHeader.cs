namespace Ovms.Server.Grpc.Transport;

/// <summary>Request headers that calls look at.</summary>
internal enum GrpcHeader
{
    /// <summary><c>:method</c></summary>
    Method,

    /// <summary><c>:path</c></summary>
    Path,

    /// <summary><c>content-type</c></summary>
    ContentType,

    /// <summary><c>grpc-timeout</c></summary>
    Timeout,

    /// <summary><c>grpc-encoding</c></summary>
    Encoding,

    /// <summary><c>grpc-accept-encoding</c></summary>
    AcceptEncoding,
}
