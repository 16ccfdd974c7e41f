namespace Ovms.Server.Grpc;

/// <summary>A gRPC service: finds the method of a path and runs it. Implemented by the generator on classes with <c>[GrpcService]</c>.</summary>
internal interface IGrpcService
{
    /// <summary>Result of <see cref="Match"/>: the path is of this service, which has no such method.</summary>
    const int UnknownMethod = -1;

    /// <summary>Result of <see cref="Match"/>: the path is of another service.</summary>
    const int OtherService = -2;

    /// <summary>Number of the method with this path (<c>/package.Service/Method</c>), ≥ 0, or one of the constants.</summary>
    int Match(ReadOnlySpan<byte> path);

    /// <summary>Runs a method found by <see cref="Match"/>. The call is complete when the task is; a call left incomplete fails.</summary>
    ValueTask InvokeAsync(int method, GrpcCall call);
}
