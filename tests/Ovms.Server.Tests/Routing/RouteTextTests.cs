using System.Text;
using Ovms.Server.Routing;

namespace Ovms.Server.Tests.Routing;

public sealed class RouteTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("a%2Fb%3ac", "a/b:c")]
    [InlineData("%e2%9c%93", "✓")]
    [InlineData("100%", "100%")]
    [InlineData("%2", "%2")]
    [InlineData("%zz%41", "%zzA")]
    [InlineData("a+b", "a+b")]
    [InlineData("%25%32%46", "%2F")]
    public void TryDecode_Text_IsDecodedOnce(string encoded, string expected)
    {
        var destination = new byte[encoded.Length];

        Assert.True(RouteText.TryDecode(Encoding.UTF8.GetBytes(encoded), destination, out var written));
        Assert.Equal(expected, Encoding.UTF8.GetString(destination, 0, written));
    }

    [Fact]
    public void TryDecode_ShortDestination_IsFalse()
    {
        Assert.False(RouteText.TryDecode("abc"u8, new byte[2], out _));
    }
}
