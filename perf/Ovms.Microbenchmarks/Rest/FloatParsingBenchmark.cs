using System.Globalization;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Ovms.Runtime.Tensors;
using Ovms.Server.Rest.Json;

namespace Ovms.Microbenchmarks.Rest;

/// <summary>The numbers of a [1,3,224,224] body: 150,528 shortest-form floats in [0,1), against <see cref="Utf8JsonReader.GetSingle"/>.</summary>
[MemoryDiagnoser]
public class FloatParsingBenchmark : IDisposable
{
    private const int Count = 3 * 224 * 224;
    private readonly JsonTensor _tensor = new();
    private readonly TensorMemoryPool _pool = new(1 << 24);
    private byte[] _json = [];

    /// <summary>Makes the text.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        var text = new StringBuilder("[");
        for (var i = 0; i < Count; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(random.NextSingle().ToString("R", CultureInfo.InvariantCulture));
        }

        _json = Encoding.ASCII.GetBytes(text.Append(']').Append(' ', NumberScanner.Window).ToString());
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _pool.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The framework's reader.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Count)]
    public float Utf8JsonReaderGetSingle()
    {
        var reader = new Utf8JsonReader(_json);
        var sum = 0f;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Number)
            {
                sum += reader.GetSingle();
            }
        }

        return sum;
    }

    /// <summary>Ours, into tensor memory.</summary>
    [Benchmark(OperationsPerInvoke = Count)]
    public long ReadRun()
    {
        _tensor.Begin(_pool, ElementType.F32, Count, _json.Length, takesStrings: false, byInstance: false);
        _tensor.BeginArray();
        _tensor.ReadRun(_json, 1, out _);
        var count = _tensor.ElementCount;
        _tensor.Release();
        return count == Count ? count : throw new InvalidOperationException("not all numbers were read");
    }
}
