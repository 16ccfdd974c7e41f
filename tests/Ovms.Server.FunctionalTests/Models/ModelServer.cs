using Ovms.Server.FunctionalTests.Clients;
using Ovms.Tests.Shared;

namespace Ovms.Server.FunctionalTests.Models;

/// <summary>One server process with every model of the shared data, for all tests of a class.</summary>
public sealed class ModelServer : IAsyncLifetime
{
    private GrpcClient? _grpc;
    private HttpClient? _rest;
    private ServerProcess? _process;
    private ModelSet? _models;

    internal GrpcClient Grpc => _grpc!; // tests run after InitializeAsync

    internal HttpClient Rest => _rest!; // as above

    internal ServerProcess Process => _process!; // as above

    internal ModelSet Models => _models!; // as above

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (!ModelSet.ModelNames.Any())
        {
            return;
        }

        _models = new ModelSet();
        _process = await ServerProcess.StartAsync(["--config_path", _models.ConfigPath]);
        _grpc = new GrpcClient(_process.GrpcPort);
        _rest = new HttpClient { BaseAddress = _process.RestUri };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _grpc?.Dispose();
        _rest?.Dispose();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _models?.Dispose();
    }
}
