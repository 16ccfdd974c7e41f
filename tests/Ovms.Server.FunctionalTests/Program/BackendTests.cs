using System.Diagnostics;
using System.Text.Json;
using Ovms.Tests.Shared;

namespace Ovms.Server.FunctionalTests.Program;

/// <summary>The real program with --backend and --openvino_path.</summary>
public sealed class BackendTests
{
    [Theory]
    [InlineData("dummy", "b")]
    [InlineData("ovms_dummy_tflite", "input:0")]
    public async Task Run_OpenVinoPathGiven_OpenVinoServesAndSaysSo(string model, string input)
    {
        await using var server = await ServerProcess.StartAsync(
            ["--model_name", model, "--model_path", Repository.RequireShared("models", model), "--openvino_path", Library()]);

        Assert.Contains("OpenVINO backend 2026.4.1", server.Log, StringComparison.Ordinal);
        Assert.Contains("Models are executed by backend openvino", server.Log, StringComparison.Ordinal);
        Assert.Contains("backend: openvino; ", server.Log, StringComparison.Ordinal);
        using var client = new HttpClient { BaseAddress = server.RestUri };
        var values = Enumerable.Range(0, 10).Select(static i => i + 0.5f).ToArray();
        var body = JsonSerializer.Serialize(new { inputs = new Dictionary<string, float[][]> { [input] = [values] } });
        using var content = new StringContent(body);
        using var answer = await client.PostAsync(new Uri($"/v1/models/{model}:predict", UriKind.Relative), content, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, text);
        using var json = JsonDocument.Parse(text);
        Assert.Equal(values.Select(static v => v + 1), json.RootElement.GetProperty("outputs")[0].EnumerateArray().Select(static v => v.GetSingle()));
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Run_BackendAutoWithAWrongPath_WarnsAndServesEmbedded()
    {
        await using var server = await ServerProcess.StartAsync(
            ["--model_name", "dummy", "--model_path", Repository.RequireShared("models", "dummy"), "--openvino_path", "/nowhere/openvino"]);

        Assert.Contains("Models are executed by backend embedded", server.Log, StringComparison.Ordinal);
        Assert.Contains("OpenVINO is not used: there is no OpenVINO library at /nowhere/openvino", server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_BackendOpenVinoWithAWrongPath_EndsWithTheReason()
    {
        var (exitCode, _, errors) = await ServerProcess.RunAsync(
            "--model_name", "m", "--model_path", "/m", "--port", "1", "--backend", "openvino", "--openvino_path", "/nowhere/openvino");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("there is no OpenVINO library at /nowhere/openvino", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("backend should be one of: auto, openvino, embedded", "--backend", "tpu")]
    [InlineData("openvino_path cannot be used with backend embedded", "--backend", "embedded", "--openvino_path", "/x")]
    public async Task Run_WrongBackendOptions_PrintsTheTextAndExits64(string text, params string[] arguments)
    {
        var (exitCode, output, errors) = await ServerProcess.RunAsync(["--model_name", "m", "--model_path", "/m", "--port", "1", .. arguments]);

        Assert.Equal((64, "", text + "\n"), (exitCode, output, errors));
    }

    [Fact]
    public async Task Run_VersionWithOpenVino_NamesReleaseAndFile()
    {
        var (exitCode, output, _) = await ServerProcess.RunAsync("--version", "--openvino_path", Library());

        Assert.Equal(0, exitCode);
        Assert.Matches("^OpenVINO Model Server [0-9.]+\nOpenVINO backend 2026\\.4\\.1.*libopenvino_c.*\n$", output);
    }

    private static string Library()
    {
        using var process = Process.Start(new ProcessStartInfo(Repository.RequireShared("openvino", "unpack.sh")) { RedirectStandardOutput = true })!;
        var folder = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return folder;
    }
}
