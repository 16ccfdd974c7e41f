using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Ovms.Tests.Shared;

namespace Ovms.Server.FunctionalTests.Program;

/// <summary>Start and end of the real program (M§1.5, §13).</summary>
public sealed class StartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ovms-start-").FullName;

    private static string Dummy => Path.Combine(Repository.Root, "examples", "models", "dummy");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Start_WithAnEmptyEnvironment_PrintsItsLinesAndServes()
    {
        await using var server = await ServerProcess.StartAsync(["--model_name", "dummy", "--model_path", Dummy]);

        Assert.Matches(LogLine("Server started on port " + server.GrpcPort), server.Log);
        Assert.Matches(LogLine("Started REST server at 0.0.0.0:" + server.RestPort), server.Log);
        Assert.Contains(
            "STATUS CHANGE: Version 1 of model dummy status change. New status: ( \"state\": \"AVAILABLE\", \"error_code\": \"OK\" )",
            server.Log,
            StringComparison.Ordinal);
        Assert.Matches(LogLine("Loaded model dummy; version: 1; batch size: 1; No of InferRequests: [0-9]+"), server.Log);
        Assert.True(server.Log.IndexOf("Loaded model", StringComparison.Ordinal) < server.Log.IndexOf("Server started", StringComparison.Ordinal));
        Assert.Contains("\"AVAILABLE\"", await GetAsync(server, "/v1/models/dummy"), StringComparison.Ordinal);
        Assert.Empty(server.Errors);
        Assert.True(server.ResidentBytes > 1 << 20);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(2)]
    public async Task Signal_ToAnIdleServer_ExitsWithZero(int signal)
    {
        await using var server = await ServerProcess.StartAsync(["--model_name", "dummy", "--model_path", Dummy]);

        server.Signal(signal);

        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Matches(LogLine("Shutting down"), server.Log);
        Assert.Contains("\"state\": \"END\"", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signal_WithARequestInFlight_AnswersItFirst()
    {
        await using var server = await ServerProcess.StartAsync(["--model_name", "dummy", "--model_path", Dummy], grpc: false);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.RestPort, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        var body = "{\"instances\": [[0,1,2,3,4,5,6,7,8,9]]}";
        var head = $"POST /v1/models/dummy:predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {body.Length}\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);

        // "100 Continue" proves that the server is in the middle of this request.
        var buffer = new byte[4096];
        var read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
        Assert.StartsWith("HTTP/1.1 100", Encoding.ASCII.GetString(buffer, 0, read), StringComparison.Ordinal);
        server.Signal(15);
        await server.WaitForLogAsync("Shutting down");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(body), TestContext.Current.CancellationToken);

        using var reader = new StreamReader(stream, Encoding.ASCII);
        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains("10.0", answer, StringComparison.Ordinal);
        Assert.Equal(0, await server.WaitForExitAsync());
    }

    [Theory]
    [InlineData("--port", "gRPC")]
    [InlineData("--rest_port", "REST")]
    public async Task Start_OnABusyPort_ExitsWithOne(string option, string kind)
    {
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        var (exitCode, output, _) = await ServerProcess.RunAsync("--model_name", "dummy", "--model_path", Dummy, option, port);

        Assert.Equal(1, exitCode);
        Assert.Contains($"Failed to start {kind} server at 0.0.0.0:{port} - port is busy", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/no/such/folder", "The provided base path is invalid or doesn't exists", "Directory does not exist: /no/such/folder")]
    [InlineData("../up", "The provided base path is invalid or doesn't exists", "Path ../up escape with .. is forbidden.")]
    public async Task Start_WithAMissingPath_ExitsWithOne(string path, string status, string line)
    {
        var (exitCode, output, _) = await ServerProcess.RunAsync("--model_name", "m", "--model_path", path, "--rest_port", FreePort());

        Assert.Equal(1, exitCode);
        Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.Contains("Couldn't start model manager", output, StringComparison.Ordinal);
        Assert.Contains("ovms::ModelManager::Start() Error: " + status, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--shape", "(1,2,3", "The provided shape is in wrong format")]
    [InlineData("--layout", "NCHWN", "The provided layout is in wrong format")]
    [InlineData("--layout", "NHWC:NCHW", "layout NHWC:NCHW asks for a transposition, which is not supported by this version of the server")]
    [InlineData("--layout", "NCHW", "Layout incompatible with given shape")]
    [InlineData("--shape", "auto", "shape auto is not supported by this version of the server; use -1 or ranges for dynamic dimensions")]
    [InlineData("--shape", "{\"x\": \"(1,10)\"}", "Shape from config not found in model")]
    [InlineData("--nireq", "100001", "Nireq parameter too high - Exceeded allowed nireq value")]
    public async Task Start_WithABadModelParameter_ExitsWithOne(string option, string value, string status)
    {
        var (exitCode, output, _) = await ServerProcess.RunAsync(
            "--model_name", "m", "--model_path", Dummy, option, value, "--rest_port", FreePort());

        Assert.Equal(1, exitCode);
        Assert.Contains("ovms::ModelManager::Start() Error: " + status, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "Configuration file is not a valid JSON file. Error: ")]
    [InlineData("{}", "Configuration file is not in valid configuration format")]
    [InlineData("{\"model_config_list\": [], \"x\": 1}", "Key: #/x")]
    [InlineData("{\"model_config_list\": [{\"config\": {\"name\": \"m\", \"base_path\": \"p\", \"version\": 1}}]}", "Key: #/model_config_list/0/config/version")]
    [InlineData("{\"model_config_list\": [], \"pipeline_config_list\": [{}]}", "pipeline_config_list is not supported by this version of the server")]
    public async Task Start_WithABadConfigFile_ExitsWithOne(string json, string line)
    {
        var path = Path.Combine(_folder, "config.json");
        await File.WriteAllTextAsync(path, json, TestContext.Current.CancellationToken);

        var (exitCode, output, _) = await ServerProcess.RunAsync("--config_path", path, "--rest_port", FreePort());

        Assert.Equal(1, exitCode);
        Assert.Contains(line, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithAMissingConfigFile_ExitsWithOne()
    {
        var (exitCode, output, _) = await ServerProcess.RunAsync("--config_path", "/no/such.json", "--rest_port", FreePort());

        Assert.Equal(1, exitCode);
        Assert.Contains("Configuration file is invalid /no/such.json", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithOneFailingModel_ServesTheOthers()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "onnx", "1"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "onnx", "1", "m.onnx"), "", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(_folder, "empty"));
        CopyFolder(Dummy, Path.Combine(_folder, "good"));
        Directory.CreateDirectory(Path.Combine(_folder, "good", "7"));
        var path = Path.Combine(_folder, "config.json");
        await File.WriteAllTextAsync(
            path,
            """
            {"model_config_list": [
              {"config": {"name": "missing", "base_path": "missing"}},
              {"config": {"name": "onnx", "base_path": "onnx"}},
              {"config": {"name": "empty", "base_path": "empty"}},
              {"config": {"name": "stateful", "base_path": "good", "stateful": true}},
              {"config": {"name": "good", "base_path": "good", "nireq": 3}},
              {"config": {"name": "good", "base_path": "onnx"}}
            ]}
            """,
            TestContext.Current.CancellationToken);

        await using var server = await ServerProcess.StartAsync(["--config_path", path], grpc: false);

        Assert.Contains("Loaded model good; version: 1; batch size: 1; No of InferRequests: 3", server.Log, StringComparison.Ordinal);
        Assert.Contains("ONNX models are not supported by the embedded backend", server.Log, StringComparison.Ordinal);
        Assert.Contains("Could not find file for model: good version: 7 in path: ", server.Log, StringComparison.Ordinal);
        Assert.Contains("No version found for model in path: ", server.Log, StringComparison.Ordinal);
        Assert.Contains(
            "Parsing model: stateful config failed due to error: stateful true is not supported by this version of the server", server.Log, StringComparison.Ordinal);
        Assert.Contains("Duplicated model names: good defined in config file. Only first definition will be loaded.", server.Log, StringComparison.Ordinal);
        var status = await GetAsync(server, "/v1/models/good");
        Assert.Matches("(?s)\"1\".*AVAILABLE.*\"7\".*LOADING.*UNKNOWN", status);
        Assert.Contains("LOADING", await GetAsync(server, "/v1/models/onnx"), StringComparison.Ordinal);
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Start_WithALogPath_WritesTheSameLinesThere()
    {
        var path = Path.Combine(_folder, "ovms.log");
        await File.WriteAllTextAsync(path, "before\n", TestContext.Current.CancellationToken);
        await using var server = await ServerProcess.StartAsync(
            ["--model_name", "dummy", "--model_path", Dummy, "--log_path", path, "--log_level", "DEBUG"], grpc: false);

        Assert.Equal(0, await server.StopAsync());

        Assert.Equal("before\n" + server.Log, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.Contains("CLI parameters passed to ovms server", server.Log, StringComparison.Ordinal);
        Assert.Contains("log_level: DEBUG", server.Log, StringComparison.Ordinal);
    }

    private static string FreePort() => ServerProcess.FreePorts(1)[0].ToString(CultureInfo.InvariantCulture);

    private static Regex LogLine(string message) => new(
        @"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\]\[\d+\]\[(serving|modelmanager)\]\[info\]\[\w+\.cs:\d+\] " + message + "$", RegexOptions.Multiline);

    private static async Task<string> GetAsync(ServerProcess server, string path)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri(server.RestUri, path), TestContext.Current.CancellationToken);
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
