using BenchmarkDotNet.Attributes;
using Ovms.Runtime.Embedded;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;

namespace Ovms.Microbenchmarks.Embedded;

/// <summary>Whole models on the embedded executor: <c>OVMS_BENCHMARK_MODELS</c> lists IR files, separated by the path separator; <c>OVMS_BENCHMARK_THREADS</c>
/// is the number of threads, 1 when it is not set. Inputs are zeros of the declared shapes, open dimensions 1.</summary>
[MemoryDiagnoser]
public class ModelBenchmark : IDisposable
{
    private EmbeddedBackend _backend = null!;
    private CompiledModel _model = null!;
    private InferRequest _request = null!;

    /// <summary>The models asked for.</summary>
    public static IEnumerable<string> Models =>
        (Environment.GetEnvironmentVariable("OVMS_BENCHMARK_MODELS") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Path of the model.</summary>
    [ParamsSource(nameof(Models))]
    public string Model { get; set; } = "";

    /// <summary>Loads the model and fills the inputs.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        var threads = Environment.GetEnvironmentVariable("OVMS_BENCHMARK_THREADS") is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 1;
        _backend = new EmbeddedBackend(threads);
        _model = _backend.Load(new ModelSource { Path = Model });
        _request = _model.CreateRequest();
        foreach (var input in _model.Signature.Inputs)
        {
            var shape = default(Runtime.Tensors.Shape);
            foreach (var dimension in input.Shape.Dims)
            {
                shape.TryAppend(dimension.IsStatic ? dimension.Min : 1);
            }

            if (_request.TryPrepareInput(input.Index, shape, out var bytes) != InferenceError.None)
            {
                throw new InvalidOperationException("an input was refused");
            }

            bytes.Clear();
        }
    }

    /// <summary>One inference.</summary>
    [Benchmark]
    public InferenceError Infer() => _request.Infer() is var error && error == InferenceError.None ? error : throw new InvalidOperationException(_request.ErrorText);

    /// <summary>Frees the model.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _request?.Dispose();
        _model?.Dispose();
        _backend?.Dispose();
        GC.SuppressFinalize(this);
    }
}
