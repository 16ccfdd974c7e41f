namespace Ovms.Server.Grpc;

/// <summary>One call as a service sees it: messages in, messages out, status.</summary>
internal abstract class GrpcCall;
