using System.Text;
using System.Text.Json.Nodes;
using Ovms.Server.FunctionalTests.Clients;
using Ovms.Tests.Shared;

namespace Ovms.Server.FunctionalTests.Hostile;

/// <summary>A server process that gets bad input. Whatever it got, it must go on giving exact answers.</summary>
public sealed class HostileServer : IAsyncLifetime
{
    public const string PredictPath = "/v1/models/dummy:predict";

    /// <summary>A right request (W§8.12).</summary>
    public const string ValidJson = """{"instances": [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]}""";

    /// <summary>Its answer.</summary>
    public const string ValidJsonAnswer = "{\n    \"predictions\": [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]\n    ]\n}";

    private readonly DirectoryInfo _scratch = Directory.CreateTempSubdirectory("ovms-hostile-");
    private ServerProcess? _process;
    private GrpcClient? _grpc;

    // So much of the log was looked at: a defect fails the test that provoked it.
    private int _judged;

    /// <summary>A right request as a message (W§8.1): model dummy, input b = 0 … 9.</summary>
    internal static byte[] ValidMessage { get; } = Convert.FromHexString(
        "0a070a0564756d6d79123b0a0162123608011208120208011202080a22280000"
        + "00000000803f0000004000004040000080400000a0400000c0400000e0400000004100001041");

    /// <summary>The answer to it (W§8.5).</summary>
    internal static byte[] ValidMessageAnswer { get; } = Convert.FromHexString(
        "0a3b0a0161123608011208120208011202080a22280000803f00000040000040"
        + "40000080400000a0400000c0400000e040000000410000104100002041");

    internal ServerProcess Process => _process!; // tests run after InitializeAsync

    internal GrpcClient Grpc => _grpc!; // as above

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var entries = new JsonArray();
        foreach (var name in (string[])["dynamic", "multi_dtype", "scalar", "two_outputs"])
        {
            Add(name, Path.Combine(Repository.Root, "tests", "models", name));
        }

        Add("dummy", Path.Combine(Repository.Root, "examples", "models", "dummy"));
        var config = Path.Combine(_scratch.FullName, "config.json");
        await File.WriteAllTextAsync(config, new JsonObject { ["model_config_list"] = entries }.ToJsonString());
        _process = await ServerProcess.StartAsync(["--config_path", config]);
        _grpc = new GrpcClient(_process.GrpcPort);

        void Add(string name, string path) => entries.Add(new JsonObject { ["config"] = new JsonObject { ["name"] = name, ["base_path"] = path } });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _grpc?.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _scratch.Delete(recursive: true);
    }

    /// <summary>Fails unless both ports give the right answer to a right request, on fresh connections, and the log tells of no defect.</summary>
    internal async Task AssertHealthyAsync()
    {
        Assert.True(Process.IsAlive, "the server has ended: " + Process.Log + Process.Errors);
        using (var fresh = new GrpcClient(Process.GrpcPort))
        {
            var reply = await fresh.SendAsync(GrpcClient.Predict, GrpcClient.Frame(ValidMessage));
            Assert.Equal((GrpcReply.Ok, ""), (reply.Status, reply.Text));
            Assert.Equal(ValidMessageAnswer, reply.Message);
        }

        Assert.Equal((200, ValidJsonAnswer), await PostAsync(ValidJson));
        var log = Process.Log;
        var news = log[_judged..];
        _judged = log.Length;
        Assert.DoesNotContain("[error]", news, StringComparison.Ordinal);
        Assert.Equal("", Process.Errors);
    }

    /// <summary>Posts a body on a connection of its own.</summary>
    internal async Task<(int Status, string Body)> PostAsync(string body, string path = PredictPath)
    {
        using var connection = await RawHttp1.ConnectAsync(Process.RestPort);
        await connection.SendAsync(RawHttp1.Post(path, Encoding.UTF8.GetBytes(body)));
        return await connection.ReadAsync();
    }
}
