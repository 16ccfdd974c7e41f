using Ovms.Server.Grpc;

namespace Ovms.Server.Tests.Grpc;

public sealed class GrpcStatusMessageTests
{
    [Fact]
    public void Encode_EveryAsciiCharacter_RoundTrips()
    {
        var text = new string(Enumerable.Range(0, 128).Select(static c => (char)c).ToArray());

        var encoded = GrpcStatusMessage.Encode(text);

        Assert.DoesNotContain(encoded, static c => c is < ' ' or > '~');
        Assert.Equal(text, Uri.UnescapeDataString(encoded));
    }

    [Fact]
    public void Encode_LongText_IsCutBetweenCharacters()
    {
        var encoded = GrpcStatusMessage.Encode("a" + new string('ß', 5000));

        Assert.Equal("a" + new string('ß', (GrpcStatusMessage.MaxBytes - 1) / 2), Uri.UnescapeDataString(encoded));
    }
}
