using System.Diagnostics;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>One request's copy of a plan: its values, its arena, its contexts. Runs one inference at a time, on the caller's thread, without
/// allocating as long as no shape depends on data.</summary>
internal sealed class PlanInstance : IDisposable
{
    private readonly TensorValue?[] _values;
    private readonly OperationContext?[] _contexts;
    private readonly int[] _inputValues;

    // By input: the values that are its bytes under another shape.
    private readonly TensorValue[][] _inputAliases;
    private readonly TensorMemory _arena;
    private readonly RunControl _control;

    // Memory of values whose shapes are found while running, by value; grows only.
    private readonly TensorMemory?[]? _dynamicMemory;

    /// <summary>Makes values and contexts.</summary>
    /// <exception cref="OutOfMemoryException">The arena is not to be had.</exception>
    public PlanInstance(Plan plan, WorkerPool workers, RunControl control)
    {
        (Plan, _control) = (plan, control);
        _arena = TensorMemory.Allocate(plan.ArenaBytes, plan.Graph.Budget);
        _values = new TensorValue?[plan.Values.Length];
        for (var i = 0; i < _values.Length; i++)
        {
            _values[i] = MakeValue(plan.Values[i]);
        }

        AttachAliases(plan);
        _contexts = new OperationContext?[plan.Steps.Length];
        for (var i = 0; i < plan.Steps.Length; i++)
        {
            _contexts[i] = MakeContext(plan.Steps[i], workers);
            if (plan.Steps[i].IsDynamic)
            {
                _dynamicMemory ??= new TensorMemory?[2 * plan.Values.Length];
            }
        }

        _inputValues = [.. plan.Graph.Graph.Parameters.Select(parameter => plan.Graph.ValueOf(parameter, 0))];
        _inputAliases = Array.ConvertAll(_inputValues, AliasesOf);
    }

    /// <summary>The plan.</summary>
    public Plan Plan { get; }

    /// <summary>Lays memory under input <paramref name="index"/>.</summary>
    public void SetInput(int index, TensorMemory? memory, int offset)
    {
        _values[_inputValues[index]]!.Attach(memory, offset);
        foreach (var alias in _inputAliases[index])
        {
            alias.Attach(memory, offset);
        }
    }

    /// <summary>Result <paramref name="index"/> of the last run; valid until the next one.</summary>
    public TensorValue Result(int index) => _values[Plan.Results[index]]!;

    /// <summary>True when the result's bytes are those of an input.</summary>
    public bool IsInputMemory(TensorValue value)
    {
        foreach (var input in _inputValues)
        {
            if (value.Memory is not null && ReferenceEquals(_values[input]!.Memory, value.Memory))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Runs all steps. All inputs are set.</summary>
    /// <returns>None or Cancelled.</returns>
    /// <exception cref="ModelLoadException">A shape that was found while running is refused by an operation.</exception>
    public InferenceError Run()
    {
        var steps = Plan.Steps;
        for (var i = 0; i < steps.Length; i++)
        {
            if (_control.IsCancelled)
            {
                return InferenceError.Cancelled;
            }

            var step = steps[i];
            if (step.IsDynamic)
            {
                RunDynamic(step, _contexts[i]);
            }
            else if (step.Operation is null)
            {
                SingleStep.Convert(_values[step.Inputs[0]]!, _values[step.Outputs[0]]!);
            }
            else
            {
                step.Operation.Run(_contexts[i]!);
            }
        }

        return _control.IsCancelled ? InferenceError.Cancelled : InferenceError.None;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _arena.Dispose();
        foreach (var memory in _dynamicMemory ?? [])
        {
            memory?.Dispose();
        }

        foreach (var context in _contexts)
        {
            (context?.RunState as IDisposable)?.Dispose();
        }
    }

    private TensorValue? MakeValue(PlannedValue? planned)
    {
        switch (planned?.Source)
        {
            case null or ValueSource.None:
                return null;
            case ValueSource.Known:
                return planned.Known;
            case ValueSource.Dynamic:
                return new TensorValue();
            default:
                var value = new TensorValue();
                value.Describe(planned.Type, planned.Shape);
                if (planned.Source == ValueSource.Arena)
                {
                    value.Attach(_arena, planned.Offset);
                }

                return value;
        }
    }

    private void AttachAliases(Plan plan)
    {
        for (var i = 0; i < _values.Length; i++)
        {
            if (plan.Values[i] is { Source: ValueSource.Alias } alias)
            {
                var root = _values[RootOf(alias)]!;
                _values[i]!.Attach(root.Memory, root.Offset);
            }
        }
    }

    private TensorValue[] AliasesOf(int input)
    {
        var aliases = new List<TensorValue>();
        for (var i = 0; i < _values.Length; i++)
        {
            if (Plan.Values[i] is { Source: ValueSource.Alias } alias && RootOf(alias) == input)
            {
                aliases.Add(_values[i]!);
            }
        }

        return [.. aliases];
    }

    private int RootOf(PlannedValue alias)
    {
        var root = alias.Root;
        while (Plan.Values[root] is { Source: ValueSource.Alias } next)
        {
            root = next.Root;
        }

        return root;
    }

    private OperationContext? MakeContext(PlannedStep step, WorkerPool workers)
    {
        if (step.Operation is null)
        {
            return null;
        }

        var context = new OperationContext(
            Array.ConvertAll(step.Inputs, input => _values[input]),
            Array.ConvertAll(step.Outputs, output => _values[output]!))
        {
            Workers = workers,
            Control = _control,
        };
        if (!step.IsDynamic)
        {
            context.Adopt(step.State, step.ScratchBytes);
            if (step.ScratchBytes > 0)
            {
                context.AttachScratch(_arena, step.ScratchOffset);
            }
        }

        return context;
    }

    private void RunDynamic(PlannedStep step, OperationContext? context)
    {
        if (step.Operation is null)
        {
            RunDynamicConversion(_values[step.Inputs[0]]!, step.Outputs[0]);
            return;
        }

        Debug.Assert(context is not null, "only conversions have no context");
        if (!SingleStep.TryInfer(step.Operation, context))
        {
            throw step.Operation.Node.Error("the shape of an output cannot be found from the inputs");
        }

        if (step.Operation.AliasedInput is >= 0 and var aliased)
        {
            var input = context.Input(aliased);
            context.Output(0).Attach(input.Memory, input.Offset);
            return;
        }

        foreach (var output in step.Outputs)
        {
            Provide(output, _values[output]!);
        }

        step.Operation.Prepare(context);
        if (context.ScratchBytes > 0)
        {
            context.AttachScratch(Grow(_values.Length + step.Outputs[0], context.ScratchBytes), 0);
        }

        step.Operation.Run(context);
    }

    private void RunDynamicConversion(TensorValue source, int twin)
    {
        var target = _values[twin]!;
        if (ExecutionGraph.IsHalf(source.Type))
        {
            target.Describe(ElementType.F32, source.Shape);
            Provide(twin, target);
            SingleStep.Convert(source, target);
        }
        else
        {
            target.Describe(source.Type, source.Shape);
            target.Attach(source.Memory, source.Offset);
        }
    }

    private void Provide(int number, TensorValue value) => value.Attach(Grow(number, value.LengthBytes), 0);

    private TensorMemory Grow(int slot, int bytes)
    {
        var memory = _dynamicMemory![slot];
        if (memory is null || memory.Capacity < bytes)
        {
            memory?.Dispose();
            _dynamicMemory[slot] = null;
            memory = TensorMemory.Allocate(bytes, Plan.Graph.Budget);
            _dynamicMemory[slot] = memory;
        }

        return memory;
    }
}
