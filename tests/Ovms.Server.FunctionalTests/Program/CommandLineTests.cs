using Ovms.Tests.Shared;

namespace Ovms.Server.FunctionalTests.Program;

/// <summary>The command line of the real program: texts, streams and exit codes of M§1.1 and M§1.4.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("error parsing options: Argument ‘-1’ failed to parse", "--port", "-1")]
    [InlineData("error parsing options: Option ‘no_such_thing’ does not exist", "--no_such_thing", "1")]
    [InlineData("error parsing options - unmatched arguments: a, b, ", "--port", "9000", "a", "b")]
    [InlineData("error parsing options: Option ‘grpc_workers’ is not supported by this version of the server", "--grpc_workers", "1")]
    [InlineData("Use config_path or model_path with model_name", "--port", "9000")]
    [InlineData("port and rest_port cannot both be unset", "--config_path", "x")]
    [InlineData("log_level should be one of: TRACE, DEBUG, INFO, WARNING, ERROR", "--config_path", "x", "--port", "1", "--log_level", "info")]
    public async Task Run_AWrongCommandLine_PrintsTheTextAndExits64(string text, params string[] arguments)
    {
        var (exitCode, output, errors) = await ServerProcess.RunAsync(arguments);

        Assert.Equal((64, "", text + "\n"), (exitCode, output, errors));
    }

    [Fact]
    public async Task Run_WithoutArguments_PrintsTheHelp()
    {
        var (exitCode, output, errors) = await ServerProcess.RunAsync();

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains("--config_path arg", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Version_PrintsTwoLines()
    {
        var (exitCode, output, _) = await ServerProcess.RunAsync("--version");

        Assert.Equal(0, exitCode);
        Assert.Matches("^OpenVINO Model Server [0-9.]+\nOpenVINO backend .+\n$", output);
    }
}
