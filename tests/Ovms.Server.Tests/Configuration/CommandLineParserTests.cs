using Ovms.Server.Configuration;

namespace Ovms.Server.Tests.Configuration;

public sealed class CommandLineParserTests
{
    private static readonly string[] s_single = ["--model_name", "m", "--model_path", "p", "--port", "9000"];

    [Fact]
    public void Parse_AllOptions_BindsThem()
    {
        var options = CommandLineParser.Parse(
        [
            "--model_name=m", "--model_path", "/models/m", "--port", "9000", "--rest_port=0x1F40", "--grpc_bind_address", "127.0.0.1",
            "--rest_bind_address", "localhost", "--log_level", "DEBUG", "--log_path", "log", "--nireq", "4", "--batch_size", "8",
            "--shape", "(1, 3)", "--layout", "NC", "--target_device", "CPU", "--file_system_poll_wait_seconds=0",
        ]).Options!;

        Assert.Equal(("m", "/models/m", 9000u, 8000u), (options.ModelName, options.ModelPath, options.Port, options.RestPort));
        Assert.Equal(("127.0.0.1", "localhost"), (options.GrpcBindAddress, options.RestBindAddress));
        Assert.Equal(("DEBUG", "log", 4u, "8"), (options.LogLevelText, options.LogPath, options.RequestCount, options.BatchSize));
        Assert.Equal(("(1, 3)", "NC", "CPU"), (options.Shape, options.Layout, options.TargetDevice));
    }

    [Fact]
    public void Parse_AnOptionTwice_TakesTheLast() =>
        Assert.Equal(9001u, CommandLineParser.Parse([.. s_single, "--port", "9001"]).Options!.Port);

    [Theory]
    [InlineData("error parsing options: Argument ‘-1’ failed to parse", "--port", "-1")]
    [InlineData("error parsing options: Argument ‘x’ failed to parse", "--nireq", "x")]
    [InlineData("error parsing options: Argument ‘’ failed to parse", "--nireq", "")]
    [InlineData("error parsing options: Option ‘nireq’ is missing an argument", "--nireq=")]
    [InlineData("error parsing options: Argument ‘4294967296’ failed to parse", "--port", "4294967296")]
    [InlineData("error parsing options: Argument ‘0x’ failed to parse", "--port", "0x")]
    [InlineData("error parsing options: Option ‘nope’ does not exist", "--nope=5")]
    [InlineData("error parsing options: Option ‘p’ does not exist", "-p", "5")]
    [InlineData("error parsing options: Option ‘port’ is missing an argument", "--port")]
    [InlineData("error parsing options: Option ‘metrics_enable’ is not supported by this version of the server", "--metrics_enable")]
    [InlineData("error parsing options: Option ‘stateful’ is not supported by this version of the server", "--stateful")]
    [InlineData("error parsing options: Option ‘plugin_config’ is not supported by this version of the server", "--plugin_config", "{}")]
    [InlineData("error parsing options: Option ‘file_system_poll_wait_seconds’ is not supported by this version of the server except for 0", "--file_system_poll_wait_seconds", "1")]
    [InlineData("error parsing options - unmatched arguments: x, @file, ", "x", "@file")]
    public void Parse_WhatCannotBeRead_IsAUsageError(string text, params string[] arguments)
    {
        var result = CommandLineParser.Parse(arguments);

        Assert.Equal((64, text + "\n"), (result.ExitCode, result.Text));
        Assert.Null(result.Options);
    }

    [Fact]
    public void Parse_EveryUnsupportedOption_IsRefusedByName()
    {
        foreach (var option in CommandLineOptions.Unsupported)
        {
            string[] arguments = option.IsFlag ? ["--" + option.Name] : ["--" + option.Name, "1"];

            Assert.Equal(
                $"error parsing options: Option ‘{option.Name}’ is not supported by this version of the server\n",
                CommandLineParser.Parse([.. s_single, .. arguments]).Text);
        }
    }

    [Theory]
    [InlineData()]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--help", "--port", "1")]
    public void Parse_Help_PrintsAllOptions(params string[] arguments)
    {
        var result = CommandLineParser.Parse(arguments);

        Assert.Equal(0, result.ExitCode);
        foreach (var option in CommandLineOptions.Supported)
        {
            Assert.Contains("--" + option.Name, result.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Parse_Version_PrintsTwoLines()
    {
        var lines = CommandLineParser.Parse(["--version"]).Text.Split('\n');

        Assert.StartsWith("OpenVINO Model Server ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("OpenVINO backend ", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Use either config_path or model_path with model_name", "--config_path c --model_name m --port 1")]
    [InlineData("Use either config_path or model_path with model_name", "--config_path c --model_path m --port 1")]
    [InlineData("Use config_path or model_path with model_name", "--port 1")]
    [InlineData("Use config_path or model_path with model_name", "--port 1 --model_name m")]
    [InlineData("Use config_path or model_path with model_name", "--port 1 --model_path p")]
    [InlineData("Model parameters in CLI are exclusive with the config file", "--config_path c --port 1 --batch_size 1")]
    [InlineData("Model parameters in CLI are exclusive with the config file", "--config_path c --port 1 --shape (1)")]
    [InlineData("Model parameters in CLI are exclusive with the config file", "--config_path c --port 1 --nireq 1")]
    [InlineData("Model parameters in CLI are exclusive with the config file", "--config_path c --port 1 --target_device CPU")]
    [InlineData("Model parameters in CLI are exclusive with the config file", "--config_path c --port 1 --layout NC")]
    [InlineData("port and rest_port cannot both be unset", "--config_path c")]
    [InlineData("port number out of range from 0 to 65535", "--config_path c --port 65536")]
    [InlineData("rest_port number out of range from 0 to 65535", "--config_path c --rest_port 65536")]
    [InlineData("rest_bind_address has invalid format: proper hostname or IP address expected.", "--config_path c --port 1 --rest_bind_address 1.2 --grpc_bind_address 1.2")]
    [InlineData("grpc_bind_address has invalid format: proper hostname or IP address expected.", "--config_path c --port 1 --grpc_bind_address (%$#*F")]
    [InlineData("port and rest_port cannot have the same values", "--config_path c --port 1 --rest_port 1")]
    [InlineData("log_level should be one of: TRACE, DEBUG, INFO, WARNING, ERROR", "--config_path c --port 1 --log_level info")]
    [InlineData("target_device GPU is not supported by this version of the server; supported: CPU", "--model_name m --model_path p --port 1 --target_device GPU")]
    public void Parse_OptionsThatDoNotFit_GiveTheFirstFailure(string text, string arguments)
    {
        var result = CommandLineParser.Parse(arguments.Split(' '));

        Assert.Equal((64, text + "\n"), (result.ExitCode, result.Text));
    }

    [Theory]
    [InlineData("0.0.0.0", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("localhost", true)]
    [InlineData("example.com", true)]
    [InlineData("::1", true)]
    [InlineData("::", true)]
    [InlineData("64:ff9b::192.0.2.33", true)]
    [InlineData("cafe", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("(%$#*F", false)]
    [InlineData("fe80::1234%eth0", false)]
    [InlineData("1.2.3", false)]
    [InlineData("256.1.1.1", false)]
    [InlineData("-a.b", false)]
    public void IsValid_OfAnAddress_FollowsTheRules(string text, bool valid) => Assert.Equal(valid, BindAddress.IsValid(text));

    [Fact]
    public void IsValid_OfALongName_Refuses() => Assert.False(BindAddress.IsValid(new string('a', 256)));
}
