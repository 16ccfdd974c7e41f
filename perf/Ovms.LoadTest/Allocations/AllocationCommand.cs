using System.Globalization;
using System.Net;
using System.Text;
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

    // Nearly 100 KB of text in and out.
    private const int WideLength = 9_000;

    /// <summary>Rounds of the measurement. The least counts, since what a request allocates shows in every round and housekeeping does not.
    /// Only where the body comes in two segments the null handler's most counts: how often a handler has to wait, which costs, differs between rounds.</summary>
    private const int Rounds = 3;

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
        LoadModel(manager, log, "dummy", shape: null);
        LoadModel(manager, log, "wide", $"(1,{WideLength})");

        var dispatcher = new Dispatcher(registry, log);
        await using var grpc = ServerComposition.CreateServer(ServerKind.Grpc, IPAddress.Loopback, 0, dispatcher, log);
        await using var rest = ServerComposition.CreateServer(ServerKind.Rest, IPAddress.Loopback, 0, dispatcher, log);
        await grpc.StartAsync(CancellationToken.None);
        await rest.StartAsync(CancellationToken.None);
        var (grpcBytes, grpcAnswer) = MeasureGrpc(new IPEndPoint(IPAddress.Loopback, grpc.Port));
        using var nullGrpc = new NullServer(isGrpc: true, grpcAnswer);
        return
        [
            new AllocationResult("TFS gRPC Predict", grpcBytes, MeasureGrpc(await nullGrpc.StartAsync()).Bytes, NoiseBytesPerRequest),
            await CompareRestAsync("TFS REST predict", rest.Port, "dummy", LoadCommand.DummyBody(), isSplit: false, Requests),
            await CompareRestAsync("TFS REST predict, body in two segments", rest.Port, "dummy", LoadCommand.DummyBody(), isSplit: true, Requests),
            await CompareRestAsync("TFS REST predict, 100 KB", rest.Port, "wide", WideBody(), isSplit: false, Requests / 10),
        ];
    }

    private static void LoadModel(ModelManager manager, Logger log, string name, string? shape)
    {
        // One model file: it adds 1 to whatever shape it is given.
        var builder = new ModelSettingsBuilder(log, isStrict: true);
        if (shape is not null)
        {
            builder.SetShape(shape);
        }

        if (manager.Load(builder.Build(name, Path.Combine(FindExamples(), "models", "dummy"))) is { } status)
        {
            throw new InvalidOperationException(status);
        }
    }

    private static byte[] WideBody()
    {
        var random = new Random(3);
        var text = new StringBuilder("{\"instances\": [[");
        for (var i = 0; i < WideLength; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ", ")}{random.NextSingle()}");
        }

        return Encoding.ASCII.GetBytes(text.Append("]]}").ToString());
    }

    private static async Task<AllocationResult> CompareRestAsync(string name, int port, string model, byte[] body, bool isSplit, int requests)
    {
        var path = $"/v1/models/{model}:predict";
        var splitAt = isSplit ? body.Length / 2 : -1;
        var (ours, answer, isChunked) = MeasureRest(new IPEndPoint(IPAddress.Loopback, port), path, body, splitAt, requests);
        using var other = new NullServer(isGrpc: false, answer, isChunked);
        var (bytes, _, _) = MeasureRest(await other.StartAsync(), path, body, splitAt, requests, takeMost: isSplit);
        return new AllocationResult(name, ours, bytes, NoiseBytesPerRequest);
    }

    private static (double Bytes, byte[] Answer) MeasureGrpc(IPEndPoint endpoint)
    {
        using var client = new Http2Client(endpoint, PredictPath, LoadCommand.DummyRequest(), streams: 1);
        var bytes = Measure(client.Run, Requests, takeMost: false);
        return client.Failures == 0 ? (bytes, client.LastMessage.ToArray()) : throw new InvalidOperationException($"{client.Failures} gRPC requests failed");
    }

    private static (double Bytes, byte[] Answer, bool IsChunked) MeasureRest(IPEndPoint endpoint, string path, byte[] body, int splitAt, int requests, bool takeMost = false)
    {
        using var client = new Http1Client(endpoint, path, body, connections: 1, splitAt);
        var bytes = Measure(client.Run, requests, takeMost);
        return client.Failures == 0
            ? (bytes, client.LastBody.ToArray(), client.LastIsChunked)
            : throw new InvalidOperationException($"{client.Failures} REST requests failed");
    }

    private static double Measure(Func<long, long, long> run, int requests, bool takeMost)
    {
        // Long enough for tiered compilation to settle: its background work allocates.
        run(requests, 0);
        Thread.Sleep(500);
        run(requests, 0);
        var (least, most) = (double.MaxValue, 0.0);
        for (var round = 0; round < Rounds; round++)
        {
            GC.Collect();
            var before = GC.GetTotalAllocatedBytes(precise: true);
            run(requests, 0);
            var bytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)requests;
            (least, most) = (Math.Min(least, bytes), Math.Max(most, bytes));
        }

        return takeMost ? most : least;
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
