using Ovms.Tests.Shared;

namespace Ovms.Server.FunctionalTests.Foreign;

/// <summary>One server process with the models of <c>tests/models</c>, shared by the tests of a class.</summary>
public sealed class TestModelServer : IAsyncLifetime
{
    private ServerProcess? _server;

    internal ServerProcess Server => _server!;

    internal static string ProtoFolder => Path.Combine(Repository.Root, "tests", "foreign", "protos");

    internal static string Script(params string[] parts) => Path.Combine([Repository.Root, "tests", "foreign", .. parts]);

    public async ValueTask InitializeAsync() =>
        _server = await ServerProcess.StartAsync(["--config_path", Path.Combine(Repository.Root, "tests", "models", "config.json")]);

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
