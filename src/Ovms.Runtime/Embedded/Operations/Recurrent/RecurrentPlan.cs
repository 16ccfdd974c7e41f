using System.Numerics.Tensors;
using Ovms.Runtime.Embedded.Kernels;
using Ovms.Runtime.Embedded.Operations.Matrix;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Recurrent;

/// <summary>A recurrent layer for one set of shapes. A cell is a sequence of one step.</summary>
/// <remarks>The input's share of all gates of all steps is one product up front; each step adds the state's share.</remarks>
internal sealed unsafe class RecurrentPlan
{
    private readonly RecurrentAttributes _attributes;
    private readonly RecurrentInputs _inputs;
    private readonly int _batch;
    private readonly int _steps;
    private readonly int _hidden;
    private readonly RecurrentProduct[] _input;
    private readonly RecurrentProduct[] _state;
    private readonly RecurrentProduct[]? _candidate;
    private readonly int _productFloats;

    public RecurrentPlan(OperationContext context, GraphNode node, RecurrentAttributes attributes, RecurrentInputs inputs, int batch, int steps, int inputSize, PackedCache cache)
    {
        (_attributes, _inputs, _batch, _steps) = (attributes, inputs, batch, steps);
        _hidden = (int)attributes.HiddenSize;
        var rows = checked(attributes.Gates * _hidden);

        // A GRU that resets before its product needs the candidate's rows apart.
        var splits = attributes.Kind == RecurrentKind.Gru && !attributes.LinearBeforeReset;
        var stateRows = splits ? 2 * _hidden : rows;
        var constantW = ConstantInputs.IsConstant(context, node, inputs.W) ? cache : null;
        var constantR = ConstantInputs.IsConstant(context, node, inputs.R) ? cache : null;
        _input = new RecurrentProduct[attributes.Directions];
        _state = new RecurrentProduct[attributes.Directions];
        _candidate = splits ? new RecurrentProduct[attributes.Directions] : null;
        for (var direction = 0; direction < attributes.Directions; direction++)
        {
            _input[direction] = new RecurrentProduct(context, inputs.W, (long)direction * rows * inputSize, checked(batch * steps), rows, inputSize, constantW);
            var offset = (long)direction * rows * _hidden;
            _state[direction] = new RecurrentProduct(context, inputs.R, offset, batch, stateRows, _hidden, constantR);
            _productFloats = Math.Max(_productFloats, Math.Max(_input[direction].ScratchFloats, _state[direction].ScratchFloats));
            if (_candidate is not null)
            {
                _candidate[direction] = new RecurrentProduct(context, inputs.R, offset + ((long)stateRows * _hidden), batch, _hidden, _hidden, constantR);
                _productFloats = Math.Max(_productFloats, _candidate[direction].ScratchFloats);
            }
        }
    }

    /// <summary>Scratch memory: products, all input gates, a step's gates, state, cell state, candidate.</summary>
    public int ScratchBytes => checked((GemmLayout.Align(_productFloats) + GemmLayout.Align(GateRow * _batch * _steps)
        + GemmLayout.Align(GateRow * _batch) + (3 * GemmLayout.Align(_hidden * _batch))) * sizeof(float));

    private int GateRow => _attributes.Gates * _hidden;

    /// <summary>Runs all directions.</summary>
    public void Run(OperationContext context)
    {
        var job = context.RunState as MatrixJob;
        if (job is null)
        {
            context.RunState = job = new MatrixJob();
        }

        if (_inputs.Sequence >= 0)
        {
            context.Output(0).Bytes.Clear();
        }

        // SAFETY: the plan gives every request scratch memory of the size asked for; it does not move.
        fixed (byte* scratch = context.Scratch)
        {
            var products = (float*)scratch;
            var inputGates = products + GemmLayout.Align(_productFloats);
            var gates = inputGates + GemmLayout.Align(GateRow * _batch * _steps);
            var state = gates + GemmLayout.Align(GateRow * _batch);
            var cell = state + GemmLayout.Align(_hidden * _batch);
            var candidate = cell + GemmLayout.Align(_hidden * _batch);
            var buffers = new RecurrentBuffers(inputGates, gates, state, cell, candidate, products);
            for (var direction = 0; direction < _attributes.Directions; direction++)
            {
                RunDirection(context, job, direction, buffers);
            }
        }
    }

    private void RunDirection(OperationContext context, MatrixJob job, int direction, in RecurrentBuffers buffers)
    {
        _input[direction].Run(context, job, ConstantInputs.Floats(context.Input(_inputs.X)), buffers.InputGates, buffers.Products);
        Load(context, _inputs.H, direction, buffers.State);
        if (_attributes.Kind == RecurrentKind.Lstm)
        {
            Load(context, _inputs.C, direction, buffers.Cell);
        }

        for (var step = 0; step < _steps; step++)
        {
            if (!IsAnyActive(context, step))
            {
                break;
            }

            _state[direction].Run(context, job, buffers.State, buffers.Gates, buffers.Products);
            if (_candidate is not null)
            {
                ResetGru(context, direction, step, buffers);
                _candidate[direction].Run(context, job, buffers.Candidate, buffers.Gates, buffers.Products);
            }

            for (var row = 0; row < _batch; row++)
            {
                var length = Length(context, row);
                if (step < length)
                {
                    var time = _attributes.IsReverse(direction) ? length - 1 - step : step;
                    Step(context, direction, row, time, buffers);
                }
            }
        }

        Store(context, _inputs.FinalState, direction, buffers.State);
        if (_attributes.Kind == RecurrentKind.Lstm)
        {
            Store(context, _inputs.FinalState + 1, direction, buffers.Cell);
        }
    }

    // First half of a GRU step that resets before the product: gates z and r go into the input gates, r ⊙ H becomes the left side.
    private void ResetGru(OperationContext context, int direction, int step, in RecurrentBuffers buffers)
    {
        for (var row = 0; row < _batch; row++)
        {
            var length = Length(context, row);
            if (step >= length)
            {
                buffers.CandidateRow(row, _hidden).Clear();
                continue;
            }

            var time = _attributes.IsReverse(direction) ? length - 1 - step : step;
            var input = new Span<float>(buffers.InputGates + ((((nint)row * _steps) + time) * GateRow), 2 * _hidden);
            TensorPrimitives.Add(input, new Span<float>(buffers.Gates + ((nint)row * 2 * _hidden), 2 * _hidden), input);
            AddBias(context, direction, 0, input);
            _attributes.Clip(input);
            _attributes.Activate(0, input);
            TensorPrimitives.Multiply(input[_hidden..], buffers.StateRow(row, _hidden), buffers.CandidateRow(row, _hidden));
        }
    }

    private void Step(OperationContext context, int direction, int row, int time, in RecurrentBuffers buffers)
    {
        var input = new Span<float>(buffers.InputGates + ((((nint)row * _steps) + time) * GateRow), GateRow);
        var state = buffers.StateRow(row, _hidden);
        switch (_attributes.Kind)
        {
            case RecurrentKind.Lstm:
                StepLstm(context, direction, input, buffers.GateRow(row, GateRow), state, buffers.CellRow(row, _hidden), buffers.CandidateRow(row, _hidden));
                break;
            case RecurrentKind.Gru when _attributes.LinearBeforeReset:
                StepLinearGru(context, direction, input, buffers.GateRow(row, GateRow), state);
                break;
            case RecurrentKind.Gru:
                var candidate = input[(2 * _hidden)..];
                TensorPrimitives.Add(candidate, buffers.GateRow(row, _hidden), candidate);
                AddBias(context, direction, 2 * _hidden, candidate);
                _attributes.Clip(candidate);
                _attributes.Activate(1, candidate);
                Blend(input[.._hidden], candidate, state);
                break;
            default:
                TensorPrimitives.Add(input, buffers.GateRow(row, GateRow), input);
                AddBias(context, direction, 0, input);
                _attributes.Clip(input);
                _attributes.Activate(0, input);
                input.CopyTo(state);
                break;
        }

        if (_inputs.Sequence >= 0)
        {
            var offset = ((((nint)row * _attributes.Directions) + direction) * _steps) + time;
            state.CopyTo(new Span<float>(ConstantInputs.Floats(context.Output(0)) + (offset * _hidden), _hidden));
        }
    }

    private void StepLstm(OperationContext context, int direction, Span<float> input, Span<float> gates, Span<float> state, Span<float> cell, Span<float> work)
    {
        TensorPrimitives.Add(input, gates, gates);
        AddBias(context, direction, 0, gates);
        _attributes.Clip(gates);
        var order = _attributes.GateOrder;
        var forget = gates.Slice(order.IndexOf('f', StringComparison.Ordinal) * _hidden, _hidden);
        var enter = gates.Slice(order.IndexOf('i', StringComparison.Ordinal) * _hidden, _hidden);
        var candidate = gates.Slice(order.IndexOf('c', StringComparison.Ordinal) * _hidden, _hidden);
        var leave = gates.Slice(order.IndexOf('o', StringComparison.Ordinal) * _hidden, _hidden);
        _attributes.Activate(0, forget);
        if (_attributes.InputForget)
        {
            TensorPrimitives.Subtract(1f, forget, enter);
        }
        else
        {
            _attributes.Activate(0, enter);
        }

        _attributes.Activate(0, leave);
        _attributes.Activate(1, candidate);
        TensorPrimitives.Multiply(enter, candidate, work);
        TensorPrimitives.MultiplyAdd(forget, cell, work, cell);
        cell.CopyTo(work);
        _attributes.Activate(2, work);
        TensorPrimitives.Multiply(leave, work, state);
    }

    private void StepLinearGru(OperationContext context, int direction, Span<float> input, Span<float> gates, Span<float> state)
    {
        var open = input[..(2 * _hidden)];
        TensorPrimitives.Add(open, gates[..(2 * _hidden)], open);
        AddBias(context, direction, 0, open);
        _attributes.Clip(open);
        _attributes.Activate(0, open);
        var inner = gates[(2 * _hidden)..];
        AddBias(context, direction, 3 * _hidden, inner);
        var outer = input[(2 * _hidden)..];
        AddBias(context, direction, 2 * _hidden, outer);
        TensorPrimitives.MultiplyAdd(open[_hidden..], inner, outer, outer);
        _attributes.Clip(outer);
        _attributes.Activate(1, outer);
        Blend(open[.._hidden], outer, state);
    }

    // H' = (1 − z) ⊙ h~ + z ⊙ H
    private static void Blend(ReadOnlySpan<float> update, ReadOnlySpan<float> candidate, Span<float> state)
    {
        for (var i = 0; i < state.Length; i++)
        {
            state[i] = ((1 - update[i]) * candidate[i]) + (update[i] * state[i]);
        }
    }

    private void AddBias(OperationContext context, int direction, int offset, Span<float> values)
    {
        if (context.HasInput(_inputs.B))
        {
            var bias = context.Input(_inputs.B).As<float>().Slice((direction * _attributes.BiasGates * _hidden) + offset, values.Length);
            TensorPrimitives.Add(values, bias, values);
        }
    }

    private bool IsAnyActive(OperationContext context, int step)
    {
        for (var row = 0; row < _batch; row++)
        {
            if (step < Length(context, row))
            {
                return true;
            }
        }

        return false;
    }

    private int Length(OperationContext context, int row)
    {
        if (_inputs.Sequence < 0)
        {
            return _steps;
        }

        var lengths = context.Input(_inputs.Sequence);
        var length = lengths.Type == ElementType.I32 ? lengths.As<int>()[row] : lengths.As<long>()[row];
        return (int)Math.Clamp(length, 0, _steps);
    }

    // A sequence of no steps ends in zeros, not in its initial state.
    private void Load(OperationContext context, int input, int direction, float* target)
    {
        var source = context.Input(input).As<float>();
        for (var row = 0; row < _batch; row++)
        {
            var values = new Span<float>(target + ((nint)row * _hidden), _hidden);
            if (Length(context, row) == 0)
            {
                values.Clear();
            }
            else
            {
                source.Slice(((row * _attributes.Directions) + direction) * _hidden, _hidden).CopyTo(values);
            }
        }
    }

    private void Store(OperationContext context, int output, int direction, float* source)
    {
        if (output >= context.OutputCount)
        {
            return;
        }

        var target = context.Output(output).As<float>();
        for (var row = 0; row < _batch; row++)
        {
            new Span<float>(source + ((nint)row * _hidden), _hidden).CopyTo(target.Slice(((row * _attributes.Directions) + direction) * _hidden, _hidden));
        }
    }
}
