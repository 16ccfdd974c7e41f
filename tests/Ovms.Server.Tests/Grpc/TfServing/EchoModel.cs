using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Tensors;

namespace Ovms.Server.Tests.Grpc.TfServing;

/// <summary>A model whose output <c>NAME_out</c> is its input <c>NAME</c>, of any type and size. Tests can make inferences wait.</summary>
internal sealed class EchoModel : CompiledModel
{
    public EchoModel(params (string Name, ElementType Type, PartialShape Shape)[] tensors)
    {
        Signature = new ModelSignature
        {
            Inputs = [.. tensors.Select(static (t, i) => Describe(t.Name, t.Type, t.Shape, i))],
            Outputs = [.. tensors.Select(static (t, i) => Describe(t.Name + "_out", t.Type, t.Shape, i))],
        };
    }

    public override string BackendName => "echo";

    public override ModelSignature Signature { get; }

    public override int OptimalRequestCount => 4;

    /// <summary>When set, inferences run until they are cancelled.</summary>
    public bool IsEndless { get; set; }

    public SemaphoreSlim Started { get; } = new(0);

    public SemaphoreSlim Cancelled { get; } = new(0);

    public override InferRequest CreateRequest() => new Request(this);

    protected override void Dispose(bool disposing)
    {
    }

    private static TensorDescriptor Describe(string name, ElementType type, PartialShape shape, int index) =>
        new() { Index = index, Name = name, Names = [name], Type = type, Shape = shape };

    private sealed class Request(EchoModel model) : InferRequest
    {
        private readonly TensorMemory?[] _memory = new TensorMemory?[model.Signature.Inputs.Count];
        private readonly Shape[] _shapes = new Shape[model.Signature.Inputs.Count];
        private IInferCompletion? _completion;

        public override InferenceError TryPrepareInput(int index, in Shape shape, out Span<byte> destination)
        {
            var bytes = (int)model.Signature.Inputs[index].Type.BytesFor(shape.ElementCount);
            if (_memory[index] is null || _memory[index]!.Capacity < bytes)
            {
                _memory[index]?.Dispose();
                _memory[index] = TensorMemory.Allocate(bytes);
            }

            _shapes[index] = shape;
            destination = _memory[index]!.Span[..bytes];
            return InferenceError.None;
        }

        public override InferenceError SetInput(int index, Tensor tensor) => throw new NotSupportedException();

        public override InferenceError Infer() => InferenceError.None;

        public override void StartAsync(IInferCompletion completion)
        {
            if (!model.IsEndless)
            {
                base.StartAsync(completion);
                return;
            }

            Volatile.Write(ref _completion, completion);
            model.Started.Release();
        }

        public override void Cancel()
        {
            model.Cancelled.Release();
            Interlocked.Exchange(ref _completion, null)?.OnCompleted(this, InferenceError.Cancelled);
        }

        public override OutputTensor GetOutput(int index)
        {
            var type = model.Signature.Outputs[index].Type;
            return new OutputTensor(type, _shapes[index], _memory[index]!.Memory[..(int)type.BytesFor(_shapes[index].ElementCount)]);
        }

        public override void Reset()
        {
        }

        protected override void Dispose(bool disposing)
        {
            foreach (var memory in _memory)
            {
                memory?.Dispose();
            }
        }
    }
}
