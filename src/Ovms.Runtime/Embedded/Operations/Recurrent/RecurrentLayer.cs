using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Recurrent;

/// <summary>LSTM, GRU and RNN, as cells and as sequences (IR sheet §15.2), in f32.</summary>
internal sealed class RecurrentLayer : Operation
{
    private readonly bool _isSequence;
    private readonly RecurrentAttributes _attributes;
    private readonly RecurrentInputs _inputs;
    private readonly PackedCache _cache = new();

    public RecurrentLayer(GraphNode node, RecurrentKind kind, bool isSequence)
        : base(node)
    {
        _isSequence = isSequence;
        _attributes = new RecurrentAttributes(node, kind, isSequence);
        _inputs = RecurrentInputs.Of(kind, isSequence);
    }

    public override bool Infer(OperationContext context)
    {
        if (context.InputCount < _inputs.B)
        {
            throw Node.Error($"needs at least {_inputs.B} inputs");
        }

        var data = context.Input(_inputs.X);
        if (data.Type != ElementType.F32)
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        var (batch, steps, inputSize) = Sizes(context);
        Check(context, batch, inputSize);
        var hidden = _attributes.HiddenSize;
        var final = _isSequence ? new Shape(batch, _attributes.Directions, hidden) : new Shape(batch, hidden);
        if (_isSequence)
        {
            context.SetOutput(0, ElementType.F32, new Shape(batch, _attributes.Directions, steps, hidden));
        }

        for (var output = _inputs.FinalState; output < context.OutputCount; output++)
        {
            context.SetOutput(output, ElementType.F32, final);
        }

        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var (batch, steps, inputSize) = Sizes(context);
        var plan = new RecurrentPlan(context, Node, _attributes, _inputs, checked((int)batch), checked((int)steps), checked((int)inputSize), _cache);
        context.RequestScratch(plan.ScratchBytes);
        context.State = plan;
    }

    public override void Run(OperationContext context) => ((RecurrentPlan)context.State!).Run(context);

    private (long Batch, long Steps, long InputSize) Sizes(OperationContext context)
    {
        var shape = context.Input(_inputs.X).Shape;
        if (shape.Rank != (_isSequence ? 3 : 2))
        {
            throw Node.Error($"data of shape {shape} are not supported");
        }

        return _isSequence ? (shape[0], shape[1], shape[2]) : (shape[0], 1, shape[1]);
    }

    private void Check(OperationContext context, long batch, long inputSize)
    {
        var (hidden, rows) = (_attributes.HiddenSize, _attributes.Gates * _attributes.HiddenSize);
        var bias = _attributes.BiasGates * hidden;
        var state = _isSequence ? new Shape(batch, _attributes.Directions, hidden) : new Shape(batch, hidden);
        Require(context, _inputs.H, state);
        if (_inputs.C >= 0)
        {
            Require(context, _inputs.C, state);
        }

        var directions = _attributes.Directions;
        Require(context, _inputs.W, _isSequence ? new Shape(directions, rows, inputSize) : new Shape(rows, inputSize));
        Require(context, _inputs.R, _isSequence ? new Shape(directions, rows, hidden) : new Shape(rows, hidden));
        if (context.HasInput(_inputs.B))
        {
            Require(context, _inputs.B, _isSequence ? new Shape(directions, bias) : new Shape(bias));
        }

        if (_isSequence)
        {
            var lengths = context.Input(_inputs.Sequence);
            if (lengths.Type is not (ElementType.I32 or ElementType.I64) || lengths.Shape != new Shape(batch))
            {
                throw Node.Error($"sequence lengths {lengths.Shape} of {lengths.Type.IrName()} do not fit a batch of {batch}");
            }
        }

        if (context.HasInput(_inputs.B + 1) && !IsZero(context.Input(_inputs.B + 1)))
        {
            throw Node.Error("peepholes are not supported");
        }
    }

    private void Require(OperationContext context, int input, in Shape shape)
    {
        var value = context.Input(input);
        if (value.Type != ElementType.F32 || value.Shape != shape)
        {
            throw Node.Error($"input {input} is {value.Shape} of {value.Type.IrName()}, not {shape} of f32");
        }
    }

    // Writers add the peephole input of LSTMCell-1 even when there are none, as zeros.
    private static bool IsZero(TensorValue value) => value.HasData && value.Type == ElementType.F32 && !value.As<float>().ContainsAnyExcept(0f);
}
