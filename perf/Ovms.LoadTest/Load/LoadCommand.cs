using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Ovms.LoadTest.Clients;

namespace Ovms.LoadTest.Load;

/// <summary>Loads a running server that serves <c>dummy</c> (b f32 [1,10] → a = b + 1): gRPC and REST, one and a hundred at a time. Prints a
/// table and, when asked, JSON.</summary>
internal static class LoadCommand
{
    private const string PredictPath = "/tensorflow.serving.PredictionService/Predict";
    private const string RestPath = "/v1/models/dummy:predict";

    /// <summary>Runs all scenarios.</summary>
    /// <returns>Exit code: 0 when no request failed.</returns>
    public static int Run(IPEndPoint? grpc, IPEndPoint? rest, int? processId, double seconds, string? jsonFile)
    {
        var results = new List<LoadResult>();
        foreach (var concurrency in new[] { 1, 100 })
        {
            if (grpc is not null)
            {
                results.Add(MeasureGrpc(grpc, concurrency, processId, seconds));
            }

            if (rest is not null)
            {
                results.Add(MeasureRest(rest, concurrency, processId, seconds));
            }
        }

        Print(results);
        if (jsonFile is not null)
        {
            File.WriteAllText(jsonFile, JsonSerializer.Serialize(results));
        }

        return results.All(static r => r is { Failures: 0, Requests: > 0 }) ? 0 : 1;
    }

    /// <summary>A Predict request for <c>dummy</c> with the values 0 … 9 as <c>tensor_content</c> (W§8.1).</summary>
    public static byte[] DummyRequest()
    {
        var content = new byte[40];
        for (var i = 0; i < 10; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(content.AsSpan(4 * i), i);
        }

        return [.. Convert.FromHexString("0a070a0564756d6d79123b0a0162123608011208120208011202080a2228"), .. content];
    }

    /// <summary>The same as a row request.</summary>
    public static byte[] DummyBody() => Encoding.ASCII.GetBytes("{\"instances\": [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]}");

    private static LoadResult MeasureGrpc(IPEndPoint endpoint, int concurrency, int? processId, double seconds)
    {
        using var client = new Http2Client(endpoint, PredictPath, DummyRequest(), concurrency);
        return Measure("grpc dummy", concurrency, processId, seconds, client.Run, () => client.Latencies, () => client.Failures + (IsRight(client.LastMessage) ? 0 : 1));

        static bool IsRight(ReadOnlySpan<byte> answer) => answer.Length > 40 && BinaryPrimitives.ReadSingleLittleEndian(answer[^4..]) == 10f;
    }

    private static LoadResult MeasureRest(IPEndPoint endpoint, int concurrency, int? processId, double seconds)
    {
        using var client = new Http1Client(endpoint, RestPath, DummyBody(), concurrency);
        return Measure("rest dummy", concurrency, processId, seconds, client.Run, () => client.Latencies, () => client.Failures + (client.LastBody.IndexOf("9.0, 10.0]"u8) > 0 ? 0 : 1));
    }

    private static LoadResult Measure(string name, int concurrency, int? processId, double seconds, Func<long, long, long> run, LatencySource latencies, Func<long> failures)
    {
        run(long.MaxValue, Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 2));
        var cpuBefore = CpuMicroseconds(processId);
        var began = Stopwatch.GetTimestamp();
        var requests = run(long.MaxValue, began + (long)(seconds * Stopwatch.Frequency));
        var elapsed = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var cpu = CpuMicroseconds(processId) - cpuBefore;
        var sorted = latencies().ToArray();
        Array.Sort(sorted);
        return new LoadResult(name, concurrency, requests, failures(), requests / elapsed, Percentile(sorted, 0.5), Percentile(sorted, 0.99), cpu / requests);
    }

    private static double Percentile(long[] sorted, double rank) =>
        sorted.Length == 0 ? double.NaN : sorted[(int)(rank * (sorted.Length - 1))] * 1e6 / Stopwatch.Frequency;

    private static double? CpuMicroseconds(int? processId) =>
        processId is { } id ? Process.GetProcessById(id).TotalProcessorTime.TotalMicroseconds : null;

    private static void Print(List<LoadResult> results)
    {
        Console.WriteLine("| scenario | in flight | requests | failed | requests/s | p50 µs | p99 µs | server CPU µs |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var r in results)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {r.Name} | {r.Concurrency} | {r.Requests} | {r.Failures} | {r.RequestsPerSecond:F0} | {r.P50Microseconds:F0} | {r.P99Microseconds:F0} | {r.ServerCpuMicroseconds:F1} |"));
        }
    }

    private delegate Span<long> LatencySource();
}
