using System.Diagnostics;
using Ovms.Tests.Shared;

namespace Ovms.Server.FunctionalTests.Foreign;

/// <summary>Debian's <c>python3-grpcio</c>. The scenarios are in <c>tests/foreign/python</c>.</summary>
public sealed class PythonClientTests(TestModelServer models) : IClassFixture<TestModelServer>
{
    // Debian's packages belong to Debian's interpreter, whatever else is first in PATH.
    private const string Interpreter = "/usr/bin/python3";

    private static readonly Lazy<bool> s_hasPackages = new(HasPackages);

    [Theory]
    [InlineData("predict")]
    [InlineData("one_element")]
    [InlineData("metadata")]
    [InlineData("status")]
    [InlineData("errors")]
    [InlineData("large_tensor")]
    [InlineData("deadline")]
    [InlineData("cancel")]
    [InlineData("concurrent")]
    [InlineData("compressed")]
    public async Task Grpcio_Scenario_Passes(string scenario)
    {
        var python = ForeignTool.Require(Interpreter);
        ForeignTool.Require("protoc");
        Prerequisite.Require(s_hasPackages.Value, "python3-grpcio, python3-protobuf or python3-numpy");

        var output = await ForeignTool.RunAsync(python, TestModelServer.Script("python", "tfs_grpc.py"), $"127.0.0.1:{models.Server.GrpcPort}", TestModelServer.ProtoFolder, scenario);

        Assert.Equal($"ok {scenario}\n", output);
        Assert.True(models.Server.IsAlive);
    }

    private static bool HasPackages()
    {
        using var process = Process.Start(new ProcessStartInfo(Interpreter, ["-c", "import grpc, google.protobuf, numpy"]) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
