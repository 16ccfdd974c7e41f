using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Ovms.Tests.Shared;

/// <summary>The real program in a process of its own. Starts with given arguments on free ports, keeps its log, ends with the test.</summary>
/// <remarks>What runs is the build beside the test's own (<c>artifacts/bin/Ovms.Server/debug/ovms.dll</c>), or the native binary that the
/// environment variable <c>OVMS_BINARY</c> names.</remarks>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>Generous, because machines that run tests are busy; a server that exits is noticed at once.</summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly StringBuilder _errors = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process) => _process = process;

    /// <summary>gRPC port; 0 when gRPC is off.</summary>
    public int GrpcPort { get; private init; }

    /// <summary>REST port; 0 when REST is off.</summary>
    public int RestPort { get; private init; }

    /// <summary>Root of the REST API, such as <c>http://127.0.0.1:8000</c>.</summary>
    public Uri RestUri => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{RestPort}"));

    /// <summary>Process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it runs.</summary>
    public bool IsAlive => !_process.HasExited;

    /// <summary>Standard output so far.</summary>
    public string Log
    {
        get
        {
            lock (_gate)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (_gate)
            {
                return _errors.ToString();
            }
        }
    }

    /// <summary>Bytes of memory in use (<c>VmRSS</c>).</summary>
    public long ResidentBytes
    {
        get
        {
            foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{Id}/status")))
            {
                if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                {
                    return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
                }
            }

            return 0;
        }
    }

    /// <summary>Starts a server with these arguments and ports of its own, and waits until it serves.</summary>
    /// <exception cref="InvalidOperationException">It ended or did not get ready; the message holds its log.</exception>
    public static async Task<ServerProcess> StartAsync(IEnumerable<string> arguments, bool grpc = true, bool rest = true)
    {
        var ports = FreePorts(2);
        var all = new List<string>(arguments);
        if (grpc)
        {
            all.AddRange(["--port", ports[0].ToString(CultureInfo.InvariantCulture)]);
        }

        if (rest)
        {
            all.AddRange(["--rest_port", ports[1].ToString(CultureInfo.InvariantCulture)]);
        }

        var server = Launch(all, clearEnvironment: true, grpc ? ports[0] : 0, rest ? ports[1] : 0);
        try
        {
            if (grpc)
            {
                await server.WaitForLogAsync("Server started on port ");
            }

            if (rest)
            {
                await server.WaitForLogAsync("Started REST server at ");
            }

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server on the examples of the checkout.</summary>
    public static Task<ServerProcess> StartExamplesAsync() =>
        StartAsync(["--config_path", Path.Combine(Repository.Root, "examples", "config.json")]);

    /// <summary>Starts the program with exactly these arguments, and waits for nothing.</summary>
    public static ServerProcess Launch(IEnumerable<string> arguments, bool clearEnvironment = true, int grpcPort = 0, int restPort = 0)
    {
        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        var binary = Environment.GetEnvironmentVariable("OVMS_BINARY");
        start.FileName = string.IsNullOrEmpty(binary) ? DotnetHost() : binary;
        if (string.IsNullOrEmpty(binary))
        {
            start.ArgumentList.Add(ServerAssembly());
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        if (clearEnvironment)
        {
            start.Environment.Clear();
        }

        var server = new ServerProcess(new Process { StartInfo = start }) { GrpcPort = grpcPort, RestPort = restPort };
        server._process.OutputDataReceived += (_, line) => server.Append(server._log, line.Data);
        server._process.ErrorDataReceived += (_, line) => server.Append(server._errors, line.Data);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Runs the program until it ends by itself.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var server = Launch(arguments);
        var exitCode = await server.WaitForExitAsync();
        return (exitCode, server.Log, server.Errors);
    }

    /// <summary>TCP ports that nobody listens on.</summary>
    public static int[] FreePorts(int count)
    {
        var listeners = new TcpListener[count];
        var ports = new int[count];
        for (var i = 0; i < count; i++)
        {
            listeners[i] = new TcpListener(IPAddress.Loopback, 0);
            listeners[i].Start();
            ports[i] = ((IPEndPoint)listeners[i].LocalEndpoint).Port;
        }

        foreach (var listener in listeners)
        {
            listener.Dispose();
        }

        return ports;
    }

    /// <summary>Waits until standard output contains a text.</summary>
    public async Task WaitForLogAsync(string text)
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        while (true)
        {
            Task written;
            lock (_gate)
            {
                if (_log.ToString().Contains(text, StringComparison.Ordinal))
                {
                    return;
                }

                written = _written.Task;
            }

            if (_process.HasExited)
            {
                // Both streams are read to their ends before the verdict.
                await _process.WaitForExitAsync(CancellationToken.None);
                if (Log.Contains(text, StringComparison.Ordinal))
                {
                    return;
                }

                throw new InvalidOperationException($"the server ended with code {_process.ExitCode} before it wrote '{text}':\n{Log}\n{Errors}");
            }

            try
            {
                await Task.WhenAny(written, _process.WaitForExitAsync(timeout.Token));
                timeout.Token.ThrowIfCancellationRequested();
            }
            catch (OperationCanceledException)
            {
                throw new InvalidOperationException($"the server did not write '{text}':\n{Log}\n{Errors}");
            }
        }
    }

    /// <summary>Sends SIGTERM (15), SIGINT (2) or another signal.</summary>
    public void Signal(int signal) => Assert.Equal(0, kill(Id, signal));

    /// <summary>Waits until the process has ended.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> WaitForExitAsync()
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        await _process.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    /// <summary>Stops the server as an operator would.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> StopAsync()
    {
        Signal(15);
        return WaitForExitAsync();
    }

    /// <summary>Kills the process when it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);

    private static string ServerAssembly()
    {
        // artifacts/bin/<test project>/<configuration>/ -> artifacts/bin/Ovms.Server/<configuration>/ovms.dll
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var path = Path.Combine(own.Parent!.Parent!.FullName, "Ovms.Server", own.Name, "ovms.dll");
        return File.Exists(path) ? path : throw new FileNotFoundException("build src/Ovms.Server first", path);
    }

    // The host of the runtime that runs this test: needs no PATH.
    internal static string DotnetHost()
    {
        var runtime = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory());
        return Path.Combine(runtime.Parent!.Parent!.Parent!.FullName, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
    }

    private void Append(StringBuilder target, string? line)
    {
        if (line is null)
        {
            return;
        }

        TaskCompletionSource written;
        lock (_gate)
        {
            target.Append(line).Append('\n');
            written = _written;
            _written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        written.TrySetResult();
    }
}
