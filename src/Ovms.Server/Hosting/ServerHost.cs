using System.Net.Sockets;
using Ovms.Runtime.Embedded;
using Ovms.Runtime.Inference;
using Ovms.Server.Configuration;
using Ovms.Server.Dispatch;
using Ovms.Server.Logging;
using Ovms.Server.Models;

namespace Ovms.Server.Hosting;

/// <summary>Starts the server, waits for the signal to stop, drains it (M§1.5, §13.2, §13.3).</summary>
/// <remarks>
/// Step 1: read the configuration. Step 2: load the models. Step 3: open the gRPC port, then the REST port, and say so: scripts wait for
/// those lines, and a client that connects finds the models loaded. Step 4: wait. Step 5: stop accepting, let requests in flight end,
/// retire the models.
/// </remarks>
internal sealed class ServerHost
{
    /// <summary>How long requests in flight may take after the signal; the default grace of Kubernetes before it kills.</summary>
    private static readonly TimeSpan s_drainTimeout = TimeSpan.FromSeconds(30);

    private readonly ServerOptions _options;
    private readonly BackendSelection _backend;
    private readonly Logger _log;
    private readonly Logger _managerLog;
    private readonly ModelRegistry _registry;
    private readonly ModelManager _manager;

    /// <summary>A host that has not started.</summary>
    public ServerHost(ServerOptions options, BackendSelection backend, LogSink sink)
    {
        (_options, _backend) = (options, backend);
        _log = new Logger(sink, "serving");
        _managerLog = new Logger(sink, "modelmanager");
        _registry = new ModelRegistry(_managerLog);
        var repository = new ModelRepository(_managerLog, backend.Backend);
        _manager = new ModelManager(_registry, repository, new ModelLoader(backend.Backend, repository, _managerLog), _managerLog);
    }

    /// <summary>Serves until <paramref name="stop"/> fires.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        LogStart();
        if (Models() is not { } models || !LoadModels(models))
        {
            return ExitCode.Failed;
        }

        // A signal during the load takes effect here: a running load is not interrupted.
        var servers = new List<RunningServer>();
        var exitCode = ExitCode.Ok;
        if (!stop.IsCancellationRequested)
        {
            exitCode = await StartServersAsync(servers) ? ExitCode.Ok : ExitCode.Failed;
            if (exitCode == ExitCode.Ok)
            {
                await WaitAsync(stop);
            }
        }

        if (exitCode == ExitCode.Ok)
        {
            _log.Write(LogLevel.Info, "Shutting down");
        }

        await StopServersAsync(servers);
        _manager.RetireAll();
        _log.Write(LogLevel.Info, "Shutdown model manager");
        return exitCode;
    }

    private static async Task WaitAsync(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stopped);
        await stopped.Task;
    }

    private void LogStart()
    {
        foreach (var line in CommandLineParser.VersionText(_backend.OpenVinoText).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            _log.Write(LogLevel.Info, line);
        }

        _log.Write(LogLevel.Info, $"Models are executed by backend {_backend.Backend.Name}");
        if (_backend.Warning is { } warning)
        {
            _log.Write(LogLevel.Warning, $"OpenVINO is not used: {warning}");
        }

        if (_backend.Library is { } library)
        {
            _log.Write(LogLevel.Info, $"Available devices for OpenVINO: {string.Join(", ", library.Devices)}");
        }
        else
        {
            _log.Write(LogLevel.Info, $"Embedded executor kernels: {KernelInfo.Description}");
        }

        _log.Write(LogLevel.Debug, "CLI parameters passed to ovms server");
        foreach (var (name, value) in _options.Given)
        {
            _log.Write(LogLevel.Debug, $"{name}: {value}");
        }
    }

    // Null after the reason was logged.
    private IReadOnlyList<ModelSettings>? Models()
    {
        if (_options.ConfigPath.Length > 0)
        {
            var file = ConfigFile.Read(_options.ConfigPath, _managerLog);
            if (file is null)
            {
                LogFatal("Configuration file not found or cannot open");
            }

            return file?.Models;
        }

        var builder = new ModelSettingsBuilder(_managerLog, isStrict: true) { RequestCount = _options.RequestCount };
        Apply(_options.BatchSize, builder.SetBatchSize);
        Apply(_options.Shape, text => builder.SetFromCommandLine("shape", text));
        Apply(_options.Layout, text => builder.SetFromCommandLine("layout", text));
        var settings = builder.Build(_options.ModelName, _options.ModelPath);
        if (builder.Error is { } error)
        {
            LogFatal(error);
            return null;
        }

        return [settings];

        static void Apply(string text, Action<string> set)
        {
            if (text.Length > 0)
            {
                set(text);
            }
        }
    }

    // With a configuration file a model that fails stops neither the others nor the server; a single model must load.
    private bool LoadModels(IReadOnlyList<ModelSettings> models)
    {
        foreach (var model in models)
        {
            if (_manager.Load(model) is { } status && _options.ConfigPath.Length == 0)
            {
                LogFatal(status);
                return false;
            }
        }

        return true;
    }

    private void LogFatal(string status)
    {
        _managerLog.Write(LogLevel.Error, "Couldn't start model manager");
        _managerLog.Write(LogLevel.Error, $"ovms::ModelManager::Start() Error: {status}");
    }

    private async Task<bool> StartServersAsync(List<RunningServer> servers)
    {
        var dispatcher = new Dispatcher(_registry, _log);
        return (_options.Port == 0 || await StartAsync(servers, ServerKind.Grpc, _options.GrpcBindAddress, (int)_options.Port, dispatcher))
            && (_options.RestPort == 0 || await StartAsync(servers, ServerKind.Rest, _options.RestBindAddress, (int)_options.RestPort, dispatcher));
    }

    private async Task<bool> StartAsync(List<RunningServer> servers, ServerKind kind, string address, int port, Dispatcher dispatcher)
    {
        try
        {
            var bound = await BindAddress.ResolveAsync(address, CancellationToken.None);
            var server = ServerComposition.CreateServer(kind, bound, port, dispatcher, _log);
            servers.Add(new RunningServer(kind, server));
            await server.StartAsync(CancellationToken.None);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            var reason = IsBusy(error) ? "port is busy" : error.Message;
            _log.Write(LogLevel.Error, $"Failed to start {kind.Name()} server at {address}:{port} - {reason}");
            return false;
        }

        if (kind == ServerKind.Grpc)
        {
            _log.Write(LogLevel.Info, $"Server started on port {port}");
        }
        else
        {
            _log.Write(LogLevel.Info, $"Started REST server at {address}:{port}");
        }

        return true;
    }

    private static bool IsBusy(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
            {
                return true;
            }
        }

        return false;
    }

    private async Task StopServersAsync(List<RunningServer> servers)
    {
        // All stop accepting at once, so that none takes new work while another drains.
        using var timeout = new CancellationTokenSource(s_drainTimeout);
        var stopping = servers.ConvertAll(s => s.Server.StopAsync(timeout.Token));
        for (var i = 0; i < servers.Count; i++)
        {
            try
            {
                await stopping[i];
            }
            catch (OperationCanceledException)
            {
                _log.Write(LogLevel.Warning, $"Requests of the {servers[i].Kind.Name()} server were aborted after {s_drainTimeout.TotalSeconds} s");
            }

            await servers[i].Server.DisposeAsync();
            _log.Write(LogLevel.Info, servers[i].Kind == ServerKind.Grpc ? "Shutdown gRPC server" : "Shutdown HTTP server");
        }
    }

    private readonly record struct RunningServer(ServerKind Kind, IProtocolServer Server);
}
