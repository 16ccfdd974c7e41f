using System.Globalization;
using System.Net;
using Ovms.LoadTest.Clients;
using Ovms.LoadTest.Load;
using Ovms.Server.Configuration;
using Ovms.Server.Dispatch;
using Ovms.Server.Hosting;
using Ovms.Server.Logging;
using Ovms.Server.Models;

namespace Ovms.LoadTest.Allocations;

/// <summary>Measures managed bytes per steady request of the real servers in this process, beside those of a handler that does nothing. Fails when
/// ours are more.</summary>
/// <remarks>The clients are blocking sockets with fixed buffers, so all that the process allocates is the server's.</remarks>
internal static class AllocationCommand
{
    /// <summary>Requests measured.</summary>
    public const int Requests = 10_000;

    private const string PredictPath = "/tensorflow.serving.PredictionService/Predict";

    // Timers and thread-pool housekeeping of the process; less than one byte per request.
    private const double NoiseBytesPerRequest = 0.5;

    /// <summary>Measures every protocol and prints a table.</summary>
    /// <returns>Exit code: 0 when no protocol allocates.</returns>
    public static async Task<int> RunAsync()
    {
        var results = await MeasureAsync();
        Console.WriteLine("| steady request | ours, bytes | Kestrel with a null handler, bytes | verdict |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var r in results)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {r.Name} | {r.Ours:F2} | {r.Null:F2} | {(r.IsZero ? "0 of ours" : "ALLOCATES")} |"));
        }

        return results.All(static r => r.IsZero) ? 0 : 1;
    }

    /// <summary>Measures every protocol.</summary>
    public static async Task<IReadOnlyList<AllocationResult>> MeasureAsync()
    {
        using var sink = new LogSink(LogLevel.Error, "");
        var log = new Logger(sink, "allocations");
        var registry = new ModelRegistry(log);
        var repository = new ModelRepository(log);
        var manager = new ModelManager(registry, repository, new ModelLoader(ServerComposition.CreateBackend(), repository, log), log);
        var settings = new ModelSettingsBuilder(log, isStrict: true).Build("dummy", Path.Combine(FindExamples(), "models", "dummy"));
        if (manager.Load(settings) is { } status)
        {
            throw new InvalidOperationException(status);
        }

        var dispatcher = new Dispatcher(registry, log);
        await using var grpc = ServerComposition.CreateServer(ServerKind.Grpc, IPAddress.Loopback, 0, dispatcher, log);
        await using var rest = ServerComposition.CreateServer(ServerKind.Rest, IPAddress.Loopback, 0, dispatcher, log);
        await grpc.StartAsync(CancellationToken.None);
        await rest.StartAsync(CancellationToken.None);
        var (grpcBytes, grpcAnswer) = MeasureGrpc(new IPEndPoint(IPAddress.Loopback, grpc.Port));
        var (restBytes, restAnswer) = MeasureRest(new IPEndPoint(IPAddress.Loopback, rest.Port));
        using var nullGrpc = new NullServer(isGrpc: true, grpcAnswer);
        using var nullRest = new NullServer(isGrpc: false, restAnswer);
        return
        [
            new AllocationResult("TFS gRPC Predict", grpcBytes, MeasureGrpc(await nullGrpc.StartAsync()).Bytes, NoiseBytesPerRequest),
            new AllocationResult("TFS REST predict", restBytes, MeasureRest(await nullRest.StartAsync()).Bytes, NoiseBytesPerRequest),
        ];
    }

    private static (double Bytes, byte[] Answer) MeasureGrpc(IPEndPoint endpoint)
    {
        using var client = new Http2Client(endpoint, PredictPath, LoadCommand.DummyRequest(), streams: 1);
        var bytes = Measure(client.Run);
        return client.Failures == 0 ? (bytes, client.LastMessage.ToArray()) : throw new InvalidOperationException($"{client.Failures} gRPC requests failed");
    }

    private static (double Bytes, byte[] Answer) MeasureRest(IPEndPoint endpoint)
    {
        using var client = new Http1Client(endpoint, "/v1/models/dummy:predict", LoadCommand.DummyBody(), connections: 1);
        var bytes = Measure(client.Run);
        return client.Failures == 0 ? (bytes, client.LastBody.ToArray()) : throw new InvalidOperationException($"{client.Failures} REST requests failed");
    }

    private static double Measure(Func<long, long, long> run)
    {
        // Long enough for tiered compilation to settle: its background work allocates.
        run(Requests, 0);
        Thread.Sleep(500);
        run(Requests, 0);
        GC.Collect();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        run(Requests, 0);
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Requests;
    }

    private static string FindExamples()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var examples = Path.Combine(folder.FullName, "examples");
            if (File.Exists(Path.Combine(examples, "config.json")))
            {
                return examples;
            }
        }

        throw new DirectoryNotFoundException("the folder examples was not found above " + AppContext.BaseDirectory);
    }
}

/// <summary>Managed bytes per request.</summary>
/// <param name="Name">Protocol and method.</param>
/// <param name="Ours">Of the real server.</param>
/// <param name="Null">Of Kestrel with a null handler.</param>
/// <param name="Noise">Difference that counts as none.</param>
internal sealed record AllocationResult(string Name, double Ours, double Null, double Noise)
{
    /// <summary>Whether nothing is ours.</summary>
    public bool IsZero => Ours - Null < Noise;
}
