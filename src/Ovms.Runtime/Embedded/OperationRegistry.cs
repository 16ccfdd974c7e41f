using Ovms.Runtime.Errors;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded;

/// <summary>Which operations the embedded executor knows: type name and the opset that introduced the variant.</summary>
/// <remarks>A layer gets the newest variant introduced at or before its own opset (IR sheet §8).</remarks>
internal sealed class OperationRegistry
{
    private readonly Dictionary<string, SortedList<int, Func<GraphNode, MemoryBudget, Operation>>> _variants = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>All operations of this build.</summary>
    public static OperationRegistry Default { get; } = CreateDefault();

    /// <summary>Registered (type, opset) pairs, ascending by name; for documents.</summary>
    public IEnumerable<(string Type, int Opset)> Entries =>
        _variants.OrderBy(static e => e.Key, StringComparer.Ordinal).SelectMany(static e => e.Value.Keys.Select(opset => (e.Key, opset)));

    /// <summary>Registers the variant of <paramref name="type"/> that opset <paramref name="opset"/> introduced.</summary>
    public OperationRegistry Add(string type, int opset, Func<GraphNode, Operation> create) => Add(type, opset, (node, _) => create(node));

    /// <summary>Registers a variant that holds constants of its own (bodies), counted against the model's budget.</summary>
    public OperationRegistry Add(string type, int opset, Func<GraphNode, MemoryBudget, Operation> create)
    {
        if (!_variants.TryGetValue(type, out var variants))
        {
            _variants.Add(type, variants = []);
        }

        variants.Add(opset, create);
        return this;
    }

    /// <summary>Makes the operation of a layer.</summary>
    /// <exception cref="ModelLoadException">The operation or its version is not supported, or an attribute is wrong; names the layer.</exception>
    public Operation Create(GraphNode node) => Create(node, MemoryBudget.Unlimited);

    /// <summary>Makes the operation of a layer of a model with a budget.</summary>
    /// <exception cref="ModelLoadException">The operation or its version is not supported, or an attribute is wrong; names the layer.</exception>
    public Operation Create(GraphNode node, MemoryBudget budget)
    {
        Func<GraphNode, MemoryBudget, Operation>? create = null;
        if (_variants.TryGetValue(node.Type, out var variants))
        {
            foreach (var (opset, candidate) in variants)
            {
                if (opset <= node.Opset)
                {
                    create = candidate;
                }
            }
        }

        return (create ?? throw node.Error("the embedded executor does not support this operation"))(node, budget);
    }

    private static OperationRegistry CreateDefault()
    {
        var registry = new OperationRegistry();
        Operations.ElementwiseOperations.Register(registry);
        Operations.ReductionOperations.Register(registry);
        Operations.NormalizationOperations.Register(registry);
        Operations.MovementOperations.Register(registry);
        Operations.ResamplingOperations.Register(registry);
        Operations.DetectionOperations.Register(registry);
        Operations.MatrixOperations.Register(registry);
        Operations.PoolingOperations.Register(registry);
        Operations.RecurrentOperations.Register(registry);
        Operations.SignalOperations.Register(registry);
        ControlFlow.ControlFlowOperations.Register(registry);
        return registry;
    }
}
