using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>One inference at a time on the embedded executor.</summary>
internal sealed class EmbeddedInferRequest : InferRequest
{
    private readonly EmbeddedModel _model;
    private readonly RunControl _control = new();
    private readonly GraphRunner _runner;
    private readonly Shape[] _shapes;
    private readonly TensorMemory?[] _inputs;
    private readonly TensorMemory?[] _ownInputs;

    // Outputs that differ in type from what the graph computes, or that are an input's bytes.
    private readonly TensorMemory?[] _ownOutputs;
    private readonly OutputTensor[] _outputs;
    private bool _canReuse = true;

    public EmbeddedInferRequest(EmbeddedModel model)
    {
        _model = model;
        _runner = new GraphRunner(model.Plans, model.Workers, _control);
        _shapes = new Shape[model.Signature.Inputs.Count];
        _inputs = new TensorMemory?[_shapes.Length];
        _ownInputs = new TensorMemory?[_shapes.Length];
        _ownOutputs = new TensorMemory?[model.Signature.Outputs.Count];
        _outputs = new OutputTensor[model.Signature.Outputs.Count];
    }

    /// <inheritdoc/>
    public override bool CanReuse => _canReuse;

    /// <inheritdoc/>
    public override InferenceError TryPrepareInput(int index, in Shape shape, out Span<byte> destination)
    {
        destination = default;
        _control.Begin();
        var input = _model.Signature.Inputs[index];
        if (!input.Shape.Allows(shape) || !shape.TryGetElementCount(out var count) || count > TensorMemory.MaxLength
            || input.Type.BytesFor(count) is var bytes && bytes > TensorMemory.MaxLength)
        {
            return InferenceError.UnsupportedShape;
        }

        if (!TryGrow(ref _ownInputs[index], (int)bytes))
        {
            return InferenceError.OutOfMemory;
        }

        _shapes[index] = shape;
        _inputs[index] = _ownInputs[index];
        destination = _ownInputs[index]!.Span[..(int)bytes];
        return InferenceError.None;
    }

    /// <inheritdoc/>
    public override InferenceError SetInput(int index, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        _control.Begin();
        var input = _model.Signature.Inputs[index];
        if (tensor.Type != input.Type || !input.Shape.Allows(tensor.Shape) || tensor.Memory is null)
        {
            return InferenceError.UnsupportedShape;
        }

        _shapes[index] = tensor.Shape;
        _inputs[index] = tensor.Memory;
        return InferenceError.None;
    }

    /// <inheritdoc/>
    public override InferenceError Infer()
    {
        ErrorText = null;
        _control.Begin();
        try
        {
            foreach (var input in _inputs)
            {
                if (input is null)
                {
                    throw new InvalidOperationException("an input was not set");
                }
            }

            var instance = _runner.Select(_shapes, _model.InputTypes);
            for (var i = 0; i < _inputs.Length; i++)
            {
                instance.SetInput(i, _inputs[i], 0);
            }

            var error = instance.Run();
            return error == InferenceError.None ? Collect(instance) : error;
        }
        catch (ModelLoadException exception)
        {
            ErrorText = exception.Message;
            return InferenceError.UnsupportedShape;
        }
        catch (OutOfMemoryException exception)
        {
            ErrorText = exception.Message;
            return InferenceError.OutOfMemory;
        }
        catch (Exception exception)
        {
            // A fault of a kernel: the request's values are in an unknown condition.
            ErrorText = exception.ToString();
            _canReuse = false;
            return InferenceError.Failed;
        }
        finally
        {
            _control.End();
        }
    }

    /// <inheritdoc/>
    public override void Cancel() => _control.Cancel();

    /// <inheritdoc/>
    public override OutputTensor GetOutput(int index) => _outputs[index];

    /// <inheritdoc/>
    public override void Reset()
    {
        _control.End();
        Array.Clear(_inputs);
        Array.Clear(_outputs);
        ErrorText = null;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _runner.Dispose();
        foreach (var memory in _ownInputs)
        {
            memory?.Dispose();
        }

        foreach (var memory in _ownOutputs)
        {
            memory?.Dispose();
        }
    }

    private InferenceError Collect(PlanInstance instance)
    {
        for (var i = 0; i < _outputs.Length; i++)
        {
            var value = instance.Result(i);
            var type = _model.Signature.Outputs[i].Type;
            if (value.Type == type && value.Memory is { } memory && !instance.IsInputMemory(value))
            {
                _outputs[i] = new OutputTensor(type, value.Shape, memory.Memory.Slice(value.Offset, value.LengthBytes));
                continue;
            }

            var bytes = type.BytesFor(value.Count);
            if (bytes > TensorMemory.MaxLength || !TryGrow(ref _ownOutputs[i], (int)bytes))
            {
                return InferenceError.OutOfMemory;
            }

            ElementConversion.Convert(value.Type, value.Bytes, type, _ownOutputs[i]!.Span[..(int)bytes], value.Count);
            _outputs[i] = new OutputTensor(type, value.Shape, _ownOutputs[i]!.Memory[..(int)bytes]);
        }

        return InferenceError.None;
    }

    private bool TryGrow(ref TensorMemory? memory, int bytes)
    {
        if (memory is not null && memory.Capacity >= bytes)
        {
            return true;
        }

        memory?.Dispose();
        memory = null;
        try
        {
            memory = TensorMemory.Allocate(bytes, _model.Budget);
            return true;
        }
        catch (OutOfMemoryException exception)
        {
            ErrorText = exception.Message;
            return false;
        }
    }
}
