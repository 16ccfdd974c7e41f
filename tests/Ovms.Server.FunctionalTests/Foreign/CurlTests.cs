
namespace Ovms.Server.FunctionalTests.Foreign;

/// <summary>curl as a REST client: what it sends and no library does by itself.</summary>
public sealed class CurlTests(TestModelServer models) : IClassFixture<TestModelServer>
{
    private const string Answer = "{\n    \"predictions\": [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]\n    ]\n}";
    private const string Body = "{\"instances\": [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]}";

    private string Predict => $"http://127.0.0.1:{models.Server.RestPort}/v1/models/dummy:predict";

    [Fact]
    public async Task Post_Body_GivesTheAnswer() =>
        Assert.Equal(Answer, await ForeignTool.RunAsync(ForeignTool.Require("curl"), "-sS", "-d", Body, Predict));

    [Fact]
    public async Task Post_ChunkedBody_GivesTheAnswer() =>
        Assert.Equal(Answer, await ForeignTool.RunAsync(ForeignTool.Require("curl"), "-sS", "-H", "Transfer-Encoding: chunked", "-d", Body, Predict));

    [Fact]
    public async Task Post_ExpectContinue_GivesTheAnswer() =>
        Assert.Equal(Answer, await ForeignTool.RunAsync(ForeignTool.Require("curl"), "-sS", "-H", "Expect: 100-continue", "-d", Body, Predict));

    [Fact]
    public async Task Post_Http2Upgrade_IsAnsweredOverHttp1() =>
        Assert.Equal("1.1", await ForeignTool.RunAsync(ForeignTool.Require("curl"), "-sS", "--http2", "-o", "/dev/null", "-w", "%{http_version}", "-d", Body, Predict));

    [Fact]
    public async Task Get_UnknownPath_IsARefusal() =>
        Assert.Equal("{\"error\":\"Invalid request URL\"}400", await ForeignTool.RunAsync(ForeignTool.Require("curl"), "-sS", "-w", "%{http_code}", $"http://127.0.0.1:{models.Server.RestPort}/foo"));
}
