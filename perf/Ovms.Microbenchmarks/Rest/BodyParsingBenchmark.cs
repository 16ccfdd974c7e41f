using System.Globalization;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Ovms.Server.Dispatch;
using Ovms.Server.Rest.Json;
using Ovms.Server.Rest.TfServing;

namespace Ovms.Microbenchmarks.Rest;

/// <summary>A whole nested body of [1,3,224,224] floats through the real reader, in segments as Kestrel's pipe hands them out, against
/// <see cref="Utf8JsonReader.GetSingle"/> over one piece. The text is that of <c>jsonbench</c>: 10.6 bytes a number.</summary>
[MemoryDiagnoser]
public class BodyParsingBenchmark : IDisposable
{
    private const int Segment = 4096;

    private readonly TensorMemoryPool _pool = new(1 << 24);
    private readonly ServableVersion _servable = new("image", 1, new EchoModel());
    private readonly PredictInputs _inputs;
    private readonly PredictBodyReader _reader;
    private byte[] _json = [];

    /// <summary>Makes the reader.</summary>
    public BodyParsingBenchmark()
    {
        _inputs = new PredictInputs(_pool, 1 << 30);
        _reader = new PredictBodyReader(_inputs);
    }

    /// <summary>What the numbers look like.</summary>
    public enum Numbers
    {
        /// <summary>Shortest floats in [0,1), as jsonbench.</summary>
        Floats,

        /// <summary>Normalised floats of both signs, a blank behind each comma, as Python prints a list of doubles made from floats.</summary>
        PythonDoubles,
    }

    /// <summary>Row (<c>instances</c>) or column (<c>inputs</c>) format.</summary>
    [Params("instances", "inputs")]
    public string Format { get; set; } = "";

    /// <summary>Text of the numbers.</summary>
    [Params(Numbers.Floats, Numbers.PythonDoubles)]
    public Numbers Text { get; set; }

    /// <summary>Makes the body.</summary>
    [GlobalSetup]
    public void Setup()
    {
        int[] inner = [EchoModel.Count, EchoModel.Count, 224 * 224, 224];
        var random = new Random(1);
        var text = new StringBuilder("{\"" + Format + "\":");
        for (var i = 0; i < EchoModel.Count; i++)
        {
            text.Append(i == 0 ? "" : Text == Numbers.Floats ? "," : ", ").Append('[', inner.Count(size => i % size == 0));
            text.Append(CultureInfo.InvariantCulture, $"{(Text == Numbers.Floats ? random.NextSingle() : (double)((random.NextSingle() * 4) - 2))}");
            text.Append(']', inner.Count(size => (i + 1) % size == 0));
        }

        _json = Encoding.ASCII.GetBytes(text.Append('}').ToString());
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _inputs.Release();
        _pool.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The framework's reader: tokens and floats, no tensor.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = EchoModel.Count)]
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

    /// <summary>Ours, into a validated tensor.</summary>
    [Benchmark(OperationsPerInvoke = EchoModel.Count)]
    public int ReadBody()
    {
        _reader.Begin(_servable, _json.Length);
        for (var at = 0; at < _json.Length; at += Segment)
        {
            _reader.Feed(_json.AsSpan(at, Math.Min(Segment, _json.Length - at)));
        }

        var fault = _reader.Finish();
        if (fault.IsFault || PredictValidator.Validate(_servable, _inputs).IsFault)
        {
            throw new InvalidOperationException("the body was refused");
        }

        var last = _inputs.HostTensor(0)!.As<float>()[EchoModel.Count - 1];
        _inputs.Release();
        return BitConverter.SingleToInt32Bits(last);
    }
}
