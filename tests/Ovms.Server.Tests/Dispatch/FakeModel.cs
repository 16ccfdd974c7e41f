using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Tensors;

namespace Ovms.Server.Tests.Dispatch;

/// <summary>A model of one f32 input and output, both [1,10] unless told otherwise, that adds one. Tests hold, fail or defer its inferences.</summary>
internal sealed class FakeModel : CompiledModel
{
    private int _liveRequests;

    public FakeModel(params TensorDescriptor[] inputs)
    {
        var declared = inputs.Length == 0 ? [Describe("b", ElementType.F32, PartialShape.Of(1, 10))] : inputs;
        Signature = new ModelSignature
        {
            Inputs = [.. declared.Select((d, i) => Describe(d.Name, d.Type, d.Shape, i, d.Layout))],
            Outputs = [Describe("a", ElementType.F32, PartialShape.Of(1, 10))],
        };
    }

    public override string BackendName => "fake";

    public override ModelSignature Signature { get; }

    public override int OptimalRequestCount => 1;

    public bool IsDisposed { get; private set; }

    public int LiveRequests => Volatile.Read(ref _liveRequests);

    /// <summary>What the next inferences end with.</summary>
    public InferenceError Error { get; set; }

    /// <summary>When set, inferences wait until a test completes them.</summary>
    public bool IsDeferred { get; set; }

    /// <summary>When set, an inference throws it.</summary>
    public Exception? Exception { get; set; }

    public bool CanReuse { get; set; } = true;

    /// <summary>Inferences begun and not completed.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<FakeRequest> Deferred { get; } = new();

    public static TensorDescriptor Describe(string name, ElementType type, PartialShape shape, int index = 0, string? layout = null) =>
        new() { Index = index, Name = name, Names = [name], Type = type, Shape = shape, Layout = layout };

    public override InferRequest CreateRequest()
    {
        Interlocked.Increment(ref _liveRequests);
        return new FakeRequest(this);
    }

    public void RequestDisposed() => Interlocked.Decrement(ref _liveRequests);

    public async Task<FakeRequest> NextDeferred()
    {
        FakeRequest? request;
        while (!Deferred.TryDequeue(out request))
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        return request;
    }

    protected override void Dispose(bool disposing)
    {
        Assert.Equal(0, LiveRequests);
        IsDisposed = true;
    }
}

internal sealed class FakeRequest(FakeModel model) : InferRequest
{
    private readonly TensorMemory _memory = TensorMemory.Allocate(1 << 16);
    private readonly TensorMemory _output = TensorMemory.Allocate(40);
    private IInferCompletion? _completion;

    public int Cancellations { get; private set; }

    public override bool CanReuse => model.CanReuse;

    public override InferenceError TryPrepareInput(int index, in Shape shape, out Span<byte> destination)
    {
        destination = _memory.Span[..(int)(shape.ElementCount * model.Signature.Inputs[index].Type.ByteSize())];
        return InferenceError.None;
    }

    public override InferenceError SetInput(int index, Tensor tensor)
    {
        tensor.Bytes.CopyTo(_memory.Span);
        return InferenceError.None;
    }

    public override InferenceError Infer()
    {
        if (model.Exception is not null)
        {
            throw model.Exception;
        }

        ErrorText = model.Error == InferenceError.Failed ? "the fake fails" : null;
        var source = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(_memory.Span)[..10];
        var target = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(_output.Span);
        for (var i = 0; i < source.Length; i++)
        {
            target[i] = source[i] + 1;
        }

        return model.Error;
    }

    public override void StartAsync(IInferCompletion completion)
    {
        if (model.IsDeferred)
        {
            _completion = completion;
            model.Deferred.Enqueue(this);
        }
        else
        {
            base.StartAsync(completion);
        }
    }

    public void Complete(InferenceError error = InferenceError.None)
    {
        Infer();
        _completion!.OnCompleted(this, error);
    }

    public override void Cancel() => Cancellations++;

    public override OutputTensor GetOutput(int index) => new(ElementType.F32, new Shape(1, 10), _output.Memory);

    public override void Reset() => _completion = null;

    protected override void Dispose(bool disposing)
    {
        _memory.Dispose();
        _output.Dispose();
        model.RequestDisposed();
    }
}
