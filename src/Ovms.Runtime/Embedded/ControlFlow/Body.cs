using Ovms.Runtime.Errors;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.ControlFlow;

/// <summary>The body of a control-flow layer: its operations and constants, and its plans. Shared by all plans and requests of the outer graph.</summary>
/// <remarks>f16 and bf16 do not cross the border of a body: they enter and leave as f32, so that one body has one set of types.</remarks>
internal sealed class Body : IDisposable
{
    private readonly Lock _gate = new();
    private PlanCache? _plans;

    /// <summary>Makes the body's operations.</summary>
    /// <exception cref="ModelLoadException">An operation of the body is not supported.</exception>
    public Body(SubGraph part, OperationRegistry registry, MemoryBudget budget)
    {
        Part = part;
        Graph = new ExecutionGraph(part.Graph, registry, budget);
    }

    /// <summary>Body and maps as read.</summary>
    public SubGraph Part { get; }

    /// <summary>The body.</summary>
    public ExecutionGraph Graph { get; }

    /// <summary>Its inputs.</summary>
    public IReadOnlyList<GraphNode> Parameters => Part.Graph.Parameters;

    /// <summary>Its outputs.</summary>
    public IReadOnlyList<GraphNode> Results => Part.Graph.Results;

    /// <summary>Type under which a value crosses the border.</summary>
    public static ElementType Outside(ElementType type) => ExecutionGraph.IsHalf(type) ? ElementType.F32 : type;

    /// <summary>Position of the body's Parameter with this layer id.</summary>
    public int ParameterOf(long layer) => IndexOf(Parameters, layer);

    /// <summary>Position of the body's Result with this layer id.</summary>
    public int ResultOf(long layer) => IndexOf(Results, layer);

    /// <summary>The plans, made at first use: before, nobody knows the threads.</summary>
    public PlanCache Plans(WorkerPool workers)
    {
        lock (_gate)
        {
            return _plans ??= new PlanCache(Graph, workers);
        }
    }

    /// <summary>Type and shape of every result for these inputs; type Dynamic where only running tells.</summary>
    public (ElementType Type, Shape Shape, TensorValue? Known)[] InferResults(OperationContext context, Shape[] shapes, ElementType[] types)
    {
        var plans = Plans(context.Workers);
        var plan = plans.Acquire(shapes, types);
        try
        {
            var results = new (ElementType, Shape, TensorValue?)[plan.Results.Length];
            for (var i = 0; i < results.Length; i++)
            {
                var value = plan.Values[plan.Results[i]]!;
                results[i] = value.Source == ValueSource.Dynamic ? (ElementType.Dynamic, default, null) : (Outside(value.Type), value.Shape, value.Known);
            }

            return results;
        }
        finally
        {
            plans.Release(plan);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _plans?.Dispose();
        Graph.Dispose();
    }

    private static int IndexOf(IReadOnlyList<GraphNode> layers, long id)
    {
        for (var i = 0; i < layers.Count; i++)
        {
            if (layers[i].LayerId == id)
            {
                return i;
            }
        }

        return -1;
    }
}
