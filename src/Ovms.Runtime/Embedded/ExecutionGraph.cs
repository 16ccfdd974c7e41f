using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>A graph (the model's, or a body's) with its operations made and everything constant computed; independent of input shapes, shared by
/// all plans and requests.</summary>
/// <remarks>Values are numbered: output <c>o</c> of node <c>n</c> is <see cref="ValueOf(GraphNode, int)"/>. A value of f16 or bf16 that an operation wants as f32
/// has a twin at <see cref="Twin"/>, converted once however many consumers there are.</remarks>
internal sealed class ExecutionGraph : IDisposable
{
    /// <summary>Larger constant results stay uncomputed until a request needs them: a Broadcast of one number can declare gigabytes.</summary>
    private const int MaxFoldedBytes = 256 << 20;

    private readonly int[] _firstValue;
    private readonly Operation?[] _operations;
    private readonly List<TensorMemory> _memory = [];

    /// <summary>Makes all operations.</summary>
    /// <exception cref="ModelLoadException">An operation is not supported or refuses its attributes or constants.</exception>
    public ExecutionGraph(ModelGraph graph, OperationRegistry registry, MemoryBudget budget)
    {
        Budget = budget;
        Graph = graph;
        _operations = new Operation?[graph.Nodes.Count];
        _firstValue = new int[graph.Nodes.Count];
        for (var i = 0; i < graph.Nodes.Count; i++)
        {
            _firstValue[i] = ValueCount;
            ValueCount += graph.Nodes[i].Outputs.Length;
        }

        Constants = new TensorValue?[2 * ValueCount];
        try
        {
            foreach (var node in graph.Nodes)
            {
                Add(node, registry);
            }

            FusedLayers = EpilogueFusion.Apply(graph, _operations, port => Constants[ValueOf(port)]);
            ReleaseUnused();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The graph as read.</summary>
    public ModelGraph Graph { get; }

    /// <summary>What constants, plans and requests count against.</summary>
    public MemoryBudget Budget { get; }

    /// <summary>Number of layers that others have taken over.</summary>
    public int FusedLayers { get; }

    /// <summary>Number of values without twins.</summary>
    public int ValueCount { get; }

    /// <summary>Values known without any input, by number; null where not known.</summary>
    public TensorValue?[] Constants { get; }

    /// <summary>Number of a value.</summary>
    public int ValueOf(GraphNode node, int output) => _firstValue[node.Index] + output;

    /// <summary>Number of the value at a port.</summary>
    public int ValueOf(GraphPort port) => ValueOf(port.Node, port.Output);

    /// <summary>Number of the f32 twin of a value.</summary>
    public int Twin(int value) => ValueCount + value;

    /// <summary>The operation of a node; null for Parameter, Const and Result.</summary>
    public Operation? OperationOf(GraphNode node) => _operations[node.Index];

    /// <summary>True for a node without an operation: it only names a value.</summary>
    public static bool IsBoundary(GraphNode node) => Is(node, "Parameter") || Is(node, "Result") || Is(node, "Const");

    /// <summary>Whether the node has the type, compared without case.</summary>
    public static bool Is(GraphNode node, string type) => node.Type.Equals(type, StringComparison.OrdinalIgnoreCase);

    /// <summary>True for f16 and bf16.</summary>
    public static bool IsHalf(ElementType type) => type is ElementType.F16 or ElementType.BF16;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var memory in _memory)
        {
            memory.Dispose();
        }

        _memory.Clear();
        foreach (var operation in _operations)
        {
            (operation as IDisposable)?.Dispose();
        }
    }

    private void Add(GraphNode node, OperationRegistry registry)
    {
        var (inputs, outputs) = Is(node, "Result") ? (1, node.Outputs.Length) : IsBoundary(node) ? (0, 1) : (node.Inputs.Length, node.Outputs.Length);
        if (node.Inputs.Length != inputs || node.Outputs.Length != outputs)
        {
            throw node.Error($"it has {node.Inputs.Length} inputs and {node.Outputs.Length} outputs");
        }

        if (Is(node, "Const"))
        {
            Constants[_firstValue[node.Index]] = Copy(node);
            return;
        }

        if (IsBoundary(node))
        {
            return;
        }

        var operation = registry.Create(node, Budget);
        _operations[node.Index] = operation;
        if (!operation.IsVolatile && node.Outputs.Length > 0 && Array.TrueForAll(node.Inputs, port => Constants[ValueOf(port)] is not null))
        {
            Fold(node, operation);
        }
    }

    private TensorValue Copy(GraphNode node)
    {
        var constant = node.Constant!;
        if (constant.Type == ElementType.String)
        {
            throw node.Error("the embedded executor does not support string tensors");
        }

        var value = Describe(node, constant.Type, constant.Shape);
        Attach(value);
        constant.Bytes.Span.CopyTo(value.Bytes);
        return value;
    }

    private static TensorValue Describe(GraphNode node, ElementType type, in Shape shape)
    {
        var value = new TensorValue();
        try
        {
            value.Describe(type, shape);
        }
        catch (OverflowException exception)
        {
            throw node.Error(exception.Message);
        }

        return value;
    }

    private void Attach(TensorValue value)
    {
        var memory = TensorMemory.Allocate(value.LengthBytes, Budget);
        _memory.Add(memory);
        value.Attach(memory, 0);
    }

    private void Fold(GraphNode node, Operation operation)
    {
        var inputs = new TensorValue?[node.Inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            var value = ValueOf(node.Inputs[i]);
            inputs[i] = IsHalf(Constants[value]!.Type) && !operation.ComputesHalf ? TwinConstant(value) : Constants[value];
        }

        var outputs = new TensorValue[node.Outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            outputs[i] = new TensorValue();
        }

        var context = new OperationContext(inputs, outputs);
        try
        {
            Fold(node, operation, context, outputs);
        }
        finally
        {
            SingleStep.Release(context);
        }
    }

    private void Fold(GraphNode node, Operation operation, OperationContext context, TensorValue[] outputs)
    {
        if (!SingleStep.TryInfer(operation, context) || outputs.Sum(static o => (long)o.LengthBytes) > MaxFoldedBytes)
        {
            return;
        }

        foreach (var output in outputs)
        {
            Attach(output);
        }

        SingleStep.Execute(operation, context);
        for (var i = 0; i < outputs.Length; i++)
        {
            Constants[_firstValue[node.Index] + i] = outputs[i];
        }
    }

    /// <summary>The f32 form of a constant of f16 or bf16.</summary>
    internal TensorValue TwinConstant(int value)
    {
        lock (_memory)
        {
            if (Constants[Twin(value)] is { } known)
            {
                return known;
            }

            var source = Constants[value]!;
            var twin = new TensorValue();
            twin.Describe(ElementType.F32, source.Shape);
            Attach(twin);
            ElementConversion.Convert(source.Type, source.Bytes, ElementType.F32, twin.Bytes, source.Count);
            Constants[Twin(value)] = twin;
            return twin;
        }
    }

    /// <summary>Frees constants that only fed other constants: compressed weights after they were expanded.</summary>
    private void ReleaseUnused()
    {
        var used = new HashSet<TensorMemory>();
        foreach (var node in Graph.Nodes)
        {
            var isFolded = node.Outputs.Length > 0 && Constants[_firstValue[node.Index]] is not null;
            if (isFolded)
            {
                continue;
            }

            foreach (var port in node.Inputs)
            {
                var value = ValueOf(port);
                if (Constants[value]?.Memory is { } memory)
                {
                    used.Add(memory);
                }

                if (Constants[Twin(value)]?.Memory is { } twin)
                {
                    used.Add(twin);
                }
            }
        }

        foreach (var memory in _memory)
        {
            if (!used.Contains(memory))
            {
                memory.Dispose();
            }
        }

        _memory.RemoveAll(memory => !used.Contains(memory));
        for (var i = 0; i < Constants.Length; i++)
        {
            if (Constants[i]?.Memory is { } memory && !used.Contains(memory))
            {
                // The value keeps type and shape: nothing reads its elements again.
                Constants[i]!.Attach(null, 0);
            }
        }
    }
}
