using Ovms.Tests.Shared;

namespace Ovms.Server.FunctionalTests.Foreign;

/// <summary>Node's clients: <c>@grpc/grpc-js</c> and <c>fetch</c>. The scenarios are in <c>tests/foreign/node</c>.</summary>
public sealed class NodeClientTests(TestModelServer models) : IClassFixture<TestModelServer>
{
    [Theory]
    [InlineData("predict_tensor_content")]
    [InlineData("predict_values")]
    [InlineData("every_element_type")]
    [InlineData("metadata")]
    [InlineData("status")]
    [InlineData("errors")]
    [InlineData("deadline")]
    [InlineData("cancel")]
    [InlineData("large_tensor")]
    [InlineData("concurrent_streams")]
    [InlineData("compressed")]
    public async Task GrpcJs_Scenario_Passes(string scenario)
    {
        var node = ForeignTool.Require("node");
        Prerequisite.Require(Directory.Exists(TestModelServer.Script("node", "node_modules", "@grpc")), "@grpc/grpc-js (npm ci --prefix tests/foreign/node)");

        var output = await ForeignTool.RunAsync(node, TestModelServer.Script("node", "tfs_grpc.js"), $"127.0.0.1:{models.Server.GrpcPort}", TestModelServer.ProtoFolder, scenario);

        Assert.Equal($"ok {scenario}\n", output);
        Assert.True(models.Server.IsAlive);
    }

    [Theory]
    [InlineData("row")]
    [InlineData("column")]
    [InlineData("errors")]
    [InlineData("status_and_metadata")]
    [InlineData("gzip")]
    [InlineData("large_body")]
    [InlineData("concurrent")]
    public async Task Fetch_Scenario_Passes(string scenario)
    {
        var node = ForeignTool.Require("node");

        var output = await ForeignTool.RunAsync(node, TestModelServer.Script("node", "rest.js"), $"http://127.0.0.1:{models.Server.RestPort}", scenario);

        Assert.Equal($"ok {scenario}\n", output);
        Assert.True(models.Server.IsAlive);
    }
}
