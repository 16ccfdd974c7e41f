namespace Ovms.LoadTest.Load;

/// <summary>Figures of one scenario.</summary>
/// <param name="Name">Scenario.</param>
/// <param name="Concurrency">Requests in flight at once.</param>
/// <param name="Requests">Answers.</param>
/// <param name="Failures">Answers with an error status or wrong content.</param>
/// <param name="RequestsPerSecond">Rate over the measured time.</param>
/// <param name="P50Microseconds">Median latency.</param>
/// <param name="P99Microseconds">99th percentile of latency.</param>
/// <param name="ServerCpuMicroseconds">User and system time of the server's process per request; null when its process is not known.</param>
internal sealed record LoadResult(
    string Name,
    int Concurrency,
    long Requests,
    long Failures,
    double RequestsPerSecond,
    double P50Microseconds,
    double P99Microseconds,
    double? ServerCpuMicroseconds);
