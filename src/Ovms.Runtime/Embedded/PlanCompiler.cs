using Ovms.Runtime.Errors;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>Compiles a graph for one set of input shapes: infers shapes, computes what only depends on them, lets every operation prepare, then
/// places all values in one arena.</summary>
internal sealed class PlanCompiler
{
    private readonly ExecutionGraph _graph;
    private readonly Shape[] _shapes;
    private readonly WorkerPool _workers;
    private readonly PlannedValue?[] _planned;
    private readonly TensorValue?[] _values;
    private readonly List<PlannedStep> _steps = [];
    private readonly List<TensorMemory> _memory = [];

    private PlanCompiler(ExecutionGraph graph, Shape[] shapes, WorkerPool workers)
    {
        (_graph, _shapes, _workers) = (graph, shapes, workers);
        _planned = new PlannedValue?[2 * graph.ValueCount];
        _values = new TensorValue?[2 * graph.ValueCount];
    }

    /// <summary>Compiles.</summary>
    /// <exception cref="ModelLoadException">An operation refuses its types or shapes, or a tensor would be too large.</exception>
    public static Plan Compile(ExecutionGraph graph, ReadOnlySpan<Shape> shapes, ReadOnlySpan<ElementType> types, WorkerPool workers)
    {
        var compiler = new PlanCompiler(graph, shapes.ToArray(), workers);
        try
        {
            return compiler.Run(types);
        }
        catch (Exception exception)
        {
            compiler._memory.ForEach(static memory => memory.Dispose());
            if (exception is OverflowException)
            {
                throw new ModelLoadException("the tensors are too large: " + exception.Message, exception);
            }

            throw;
        }
    }

    private Plan Run(ReadOnlySpan<ElementType> types)
    {
        for (var i = 0; i < _graph.Graph.Parameters.Count; i++)
        {
            var value = new TensorValue();
            value.Describe(types[i], _shapes[i]);
            Set(_graph.ValueOf(_graph.Graph.Parameters[i], 0), ValueSource.Input, value);
        }

        foreach (var node in _graph.Graph.Nodes)
        {
            if (!ExecutionGraph.IsBoundary(node))
            {
                Add(node);
            }
        }

        int[] results = [.. _graph.Graph.Results.Select(result => Use(_graph.ValueOf(result.Inputs[0]), asFloat: false))];
        PlannedStep[] steps = [.. _steps];
        var arena = ArenaLayout.Place(_planned, steps, results);
        return new Plan(_graph, _shapes, _planned, steps, results, arena, _memory);
    }

    private void Add(GraphNode node)
    {
        var operation = _graph.OperationOf(node)!;
        var outputs = new int[node.Outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            outputs[i] = _graph.ValueOf(node, i);
        }

        if (outputs.Length > 0 && _graph.Constants[outputs[0]] is not null)
        {
            return;
        }

        var inputs = new int[node.Inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            inputs[i] = Use(_graph.ValueOf(node.Inputs[i]), asFloat: !operation.ComputesHalf);
        }

        // An f16 value that was computed is kept as f32; operations that only move data want all of one type.
        if (operation.ComputesHalf && Array.Exists(inputs, input => _planned[input]!.Type == ElementType.F32))
        {
            inputs = Array.ConvertAll(node.Inputs, port => Use(_graph.ValueOf(port), asFloat: true));
        }

        if (Array.Exists(inputs, input => _planned[input]!.Source == ValueSource.Dynamic) || !TryAdd(operation, inputs, outputs))
        {
            foreach (var output in outputs)
            {
                _planned[output] = new PlannedValue(ValueSource.Dynamic, ElementType.Dynamic, default, null, -1);
            }

            _steps.Add(new PlannedStep(operation, inputs, outputs, IsDynamic: true, null, 0));
        }
    }

    private bool TryAdd(Operation operation, int[] inputs, int[] outputs)
    {
        var context = new OperationContext(
            Array.ConvertAll(inputs, input => _values[input]),
            Array.ConvertAll(outputs, static _ => new TensorValue()))
        {
            Workers = _workers,
        };
        try
        {
            return TryAdd(operation, context, inputs, outputs);
        }
        finally
        {
            SingleStep.Release(context);
        }
    }

    private bool TryAdd(Operation operation, OperationContext context, int[] inputs, int[] outputs)
    {
        if (!SingleStep.TryInfer(operation, context))
        {
            return false;
        }

        // What a shape says is known now, although the elements behind it are not.
        var isKnown = !operation.IsVolatile
            && (ExecutionGraph.Is(operation.Node, "ShapeOf") || Array.TrueForAll(inputs, input => _values[input]!.HasData));
        if (isKnown && outputs.Length > 0)
        {
            for (var i = 0; i < outputs.Length; i++)
            {
                Attach(context.Output(i));
                Set(outputs[i], ValueSource.Known, context.Output(i));
            }

            SingleStep.Execute(operation, context);
        }
        else if (operation.AliasedInput is >= 0 and var aliased)
        {
            Set(outputs[0], ValueSource.Alias, context.Output(0), inputs[aliased]);
        }
        else
        {
            operation.Prepare(context);
            for (var i = 0; i < outputs.Length; i++)
            {
                Set(outputs[i], ValueSource.Arena, context.Output(i));
            }

            _steps.Add(new PlannedStep(operation, inputs, outputs, IsDynamic: false, context.State, context.ScratchBytes));
        }

        return true;
    }

    /// <summary>The number under which a consumer reads a value: the value's own, or its twin's when f32 is wanted of a half.</summary>
    private int Use(int value, bool asFloat)
    {
        if (_planned[value] is null)
        {
            Set(value, ValueSource.Known, _graph.Constants[value]!);
        }

        var twin = _graph.Twin(value);
        if (!asFloat || (!ExecutionGraph.IsHalf(_planned[value]!.Type) && _planned[value]!.Source != ValueSource.Dynamic))
        {
            return value;
        }

        if (_planned[twin] is not null)
        {
            return twin;
        }

        if (_planned[value]!.Source == ValueSource.Dynamic)
        {
            // Whether it is a half is seen while running; the twin then is either the converted value or the value itself.
            _planned[twin] = new PlannedValue(ValueSource.Dynamic, ElementType.Dynamic, default, null, -1);
            _steps.Add(new PlannedStep(null, [value], [twin], IsDynamic: true, null, 0));
        }
        else if (_graph.Constants[value] is not null)
        {
            Set(twin, ValueSource.Known, _graph.TwinConstant(value));
        }
        else
        {
            var converted = new TensorValue();
            converted.Describe(ElementType.F32, _planned[value]!.Shape);
            if (_values[value]!.HasData)
            {
                Attach(converted);
                SingleStep.Convert(_values[value]!, converted);
                Set(twin, ValueSource.Known, converted);
            }
            else
            {
                Set(twin, ValueSource.Arena, converted);
                _steps.Add(new PlannedStep(null, [value], [twin], IsDynamic: false, null, 0));
            }
        }

        return twin;
    }

    private void Set(int value, ValueSource source, TensorValue described, int root = -1)
    {
        _values[value] = described;
        _planned[value] = new PlannedValue(source, described.Type, described.Shape, source == ValueSource.Known ? described : null, root);
    }

    private void Attach(TensorValue value)
    {
        var memory = TensorMemory.Allocate(value.LengthBytes, _graph.Budget);
        _memory.Add(memory);
        value.Attach(memory, 0);
    }
}
