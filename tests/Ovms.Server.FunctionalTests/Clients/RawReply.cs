namespace Ovms.Server.FunctionalTests.Clients;

/// <summary>How a raw HTTP/2 stream ended.</summary>
/// <param name="GrpcStatus">gRPC status; −1 without one.</param>
/// <param name="Text">Value of <c>grpc-message</c>, decoded.</param>
/// <param name="Body">All bytes of its DATA frames.</param>
/// <param name="ResetCode">Error code of RST_STREAM or GOAWAY, −1 for a stream that ended in order, −2 for a connection that was closed.</param>
internal sealed record RawReply(int GrpcStatus, string Text, byte[] Body, int ResetCode);
