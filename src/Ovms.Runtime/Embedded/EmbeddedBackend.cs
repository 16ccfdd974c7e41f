using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Models.Ir;

namespace Ovms.Runtime.Embedded;

/// <summary>Executes models by kernels of our own, where OpenVINO is not installed or not wanted.</summary>
public sealed class EmbeddedBackend : IInferenceBackend, IDisposable
{
    private readonly ThreadWorkerPool? _pool;

    /// <summary>A backend whose large kernels share <paramref name="threads"/> threads; 0 = one per core.</summary>
    public EmbeddedBackend(int threads = 0)
    {
        var width = threads > 0 ? threads : Environment.ProcessorCount;
        _pool = width > 1 ? new ThreadWorkerPool(width) : null;
    }

    /// <inheritdoc/>
    public string Name => "embedded";

    /// <summary>Types and opsets of all operations this build knows, for documents.</summary>
    public static IEnumerable<(string Type, int Opset)> SupportedOperations => OperationRegistry.Default.Entries;

    /// <inheritdoc/>
    public CompiledModel Load(ModelSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (!source.Path.EndsWith(".xml", StringComparison.OrdinalIgnoreCase))
        {
            throw new ModelLoadException($"{Path.GetFileName(source.Path)}: the embedded executor reads OpenVINO IR (.xml) only");
        }

        ModelGraph? graph = null;
        try
        {
            graph = IrReader.Read(source.Path);
            WorkerPool workers = source.InferenceThreads == 1 || _pool is null ? WorkerPool.Inline : _pool;
            return new EmbeddedModel(graph, source, workers);
        }
        catch (OutOfMemoryException exception)
        {
            throw new ModelLoadException("there is not enough memory for the model: " + exception.Message, exception);
        }
        catch (Exception exception) when (exception is not ModelLoadException)
        {
            // A fault of a shape rule or kernel on what the file declares: the model is refused, the server goes on.
            throw new ModelLoadException($"{Path.GetFileName(source.Path)} cannot be executed: {exception.Message}", exception);
        }
        finally
        {
            // Constants have been copied to aligned memory: the file need not stay mapped.
            graph?.Dispose();
        }
    }

    /// <summary>Ends the worker threads. No inference runs any more.</summary>
    public void Dispose() => _pool?.Dispose();
}
