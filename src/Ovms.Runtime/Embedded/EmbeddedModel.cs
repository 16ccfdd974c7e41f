using Ovms.Runtime.Inference;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>A model of the embedded executor.</summary>
internal sealed class EmbeddedModel : CompiledModel
{
    private readonly ExecutionGraph _graph;

    /// <summary>Makes operations and constants, compiles the plan of a model with static shapes, checks that any other can be compiled.</summary>
    /// <exception cref="Errors.ModelLoadException">The model cannot be executed.</exception>
    public EmbeddedModel(ModelGraph graph, ModelSource source, WorkerPool workers)
    {
        Workers = workers;
        Budget = new MemoryBudget(source.MaxTensorBytes > 0 ? source.MaxTensorBytes : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3);
        _graph = new ExecutionGraph(graph, OperationRegistry.Default, Budget);
        Plans = new PlanCache(_graph, workers);
        try
        {
            Signature = SignatureBuilder.Build(_graph, source, Plans);
            InputTypes = [.. Signature.Inputs.Select(static input => input.Type)];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string BackendName => "embedded";

    /// <inheritdoc/>
    public override ModelSignature Signature { get; }

    /// <inheritdoc/>
    /// <remarks>A request runs on its caller's thread, so one per core keeps the machine busy.</remarks>
    public override int OptimalRequestCount => Environment.ProcessorCount;

    /// <summary>What constants, plans and requests count against.</summary>
    public MemoryBudget Budget { get; }

    /// <summary>Plans by shapes.</summary>
    public PlanCache Plans { get; }

    /// <summary>Threads of large kernels.</summary>
    public WorkerPool Workers { get; }

    /// <summary>Types of the inputs.</summary>
    public ElementType[] InputTypes { get; }

    /// <inheritdoc/>
    public override InferRequest CreateRequest() => new EmbeddedInferRequest(this);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Plans.Dispose();
        _graph.Dispose();
    }
}
