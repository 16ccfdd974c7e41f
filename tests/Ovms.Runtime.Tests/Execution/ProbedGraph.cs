using Ovms.Runtime.Embedded;
using Ovms.Runtime.Embedded.ControlFlow;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Models.Ir;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Execution;

/// <summary>A graph with <see cref="ProbeOperation"/>s, run below the level of requests.</summary>
internal sealed class ProbedGraph : IDisposable
{
    private static readonly ElementType[] s_float = [ElementType.F32];

    private readonly ModelFolder _folder;
    private readonly ModelGraph _model;
    private readonly TensorMemory _input = TensorMemory.Allocate(4096);

    public ProbedGraph(IrText text, int capacity = 32)
    {
        var registry = new OperationRegistry();
        ControlFlowOperations.Register(registry);
        registry.Add("Probe", 1, node => new ProbeOperation(node, name => Running?.Invoke(name), context => Inferring?.Invoke(context)));
        _folder = ModelFolder.Of(text);
        _model = IrReader.Read(_folder.XmlPath);
        Graph = new ExecutionGraph(_model, registry, Budget);
        Plans = new PlanCache(Graph, WorkerPool.Inline, capacity);
    }

    public Action<string>? Running { get; set; }

    public Action<OperationContext>? Inferring { get; set; }

    public MemoryBudget Budget { get; } = MemoryBudget.Unlimited;

    public ExecutionGraph Graph { get; }

    public PlanCache Plans { get; }

    public RunControl Control { get; } = new();

    /// <summary>One input of any length, then probes in a chain.</summary>
    public static IrText Chain(int length)
    {
        var text = new IrText();
        var wire = text.Parameter(ElementType.F32, "?", [-1]);
        for (var i = 0; i < length; i++)
        {
            wire = text.Add("Probe", 1, "", [-1], wire);
        }

        text.Result(wire);
        return text;
    }

    public GraphRunner Runner() => new(Plans, WorkerPool.Inline, Control);

    public PlanInstance Select(GraphRunner runner, long size)
    {
        var instance = runner.Select([new Shape(size)], s_float);
        instance.SetInput(0, _input, 0);
        return instance;
    }

    public Plan Acquire(long size) => Plans.Acquire([new Shape(size)], s_float);

    public void Dispose()
    {
        Plans.Dispose();
        Graph.Dispose();
        _model.Dispose();
        _folder.Dispose();
        _input.Dispose();
    }
}
