using System.Buffers.Text;
using BenchmarkDotNet.Attributes;
using Ovms.Server.Dispatch;
using Ovms.Server.Rest.TfServing;

namespace Ovms.Microbenchmarks.Rest;

/// <summary>An answer of [1,3,224,224] floats in TensorFlow Serving's text (W§3.4), against the framework's formatter printing bare numbers.</summary>
[MemoryDiagnoser]
public class AnswerPrintingBenchmark : IDisposable
{
    private readonly EchoRequest _request = new();
    private readonly ServableVersion _servable = new("image", 1, new EchoModel());
    private readonly PredictResponseWriter _writer = new();
    private readonly byte[] _buffer = new byte[64 << 10];

    /// <summary>Makes the values.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        foreach (ref var value in _request.Values)
        {
            value = (random.NextSingle() * 2) - 1;
        }
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _request.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Shortest round-trip text, which is shorter than what TensorFlow Serving prints.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = EchoModel.Count)]
    public long Utf8FormatterShortest()
    {
        var total = 0L;
        foreach (var value in _request.Values)
        {
            Utf8Formatter.TryFormat(value, _buffer, out var length);
            total += length;
        }

        return total;
    }

    /// <summary>Ours, row format.</summary>
    [Benchmark(OperationsPerInvoke = EchoModel.Count)]
    public long PrintAnswer()
    {
        _writer.Begin(_servable, _request, isRowFormat: true);
        var total = 0L;
        while (!_writer.IsDone)
        {
            total += _writer.Fill(_buffer);
        }

        return total;
    }
}
