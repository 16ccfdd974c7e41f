namespace Ovms.Server.FunctionalTests.Clients;

/// <summary>What came back from a unary call.</summary>
/// <param name="Status">gRPC status code; −1 when the answer named none.</param>
/// <param name="Text">Status text, percent-decoded.</param>
/// <param name="Message">The answer without its prefix; empty when there is none.</param>
internal sealed record GrpcReply(int Status, string Text, byte[] Message)
{
    public const int Ok = 0;
    public const int InvalidArgument = 3;
    public const int NotFound = 5;
    public const int ResourceExhausted = 8;
    public const int Unimplemented = 12;
    public const int Internal = 13;
    public const int Unavailable = 14;
}
