using System.IO.Pipelines;

namespace Ovms.Server.Grpc.Transport;

/// <summary>One HTTP/2 stream that carries one call: all that calls know of the transport.</summary>
internal interface IGrpcStream
{
    /// <summary>Request body.</summary>
    PipeReader Input { get; }

    /// <summary>Response body. The first byte written sends the response headers.</summary>
    PipeWriter Output { get; }

    /// <summary>Value of a request header, empty when it is absent. The span is valid until the next call.</summary>
    ReadOnlySpan<byte> Header(GrpcHeader header);

    /// <summary>Sets the headers of a response with a body: 200, <c>application/grpc</c>, the message encoding when it is not identity.</summary>
    void BeginResponse(string? encoding);

    /// <summary>Ends the response: trailers when it has begun, else headers that are trailers as well ("Trailers-Only"). What lies in
    /// <see cref="Output"/> is sent before. Request bytes that still arrive are refused.</summary>
    /// <param name="httpStatus">HTTP status of a response without a body.</param>
    /// <param name="status">gRPC status.</param>
    /// <param name="message">Encoded status text, or null.</param>
    /// <param name="acceptEncoding">Value of <c>grpc-accept-encoding</c>, or null.</param>
    void EndResponse(int httpStatus, GrpcStatusCode status, string? message, string? acceptEncoding);

    /// <summary>Ends the stream with an error: the client learns no status.</summary>
    void Reset();

    /// <summary>From now on <paramref name="listener"/> is told, on any thread, when the client gives the call up.</summary>
    void WatchAbort(IGrpcAbortListener listener);
}

/// <summary>Told that the client has reset the stream or that the connection is gone.</summary>
internal interface IGrpcAbortListener
{
    /// <summary>The client no longer waits for an answer.</summary>
    void OnAborted();
}
