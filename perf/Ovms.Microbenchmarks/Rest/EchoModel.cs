using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Tensors;

namespace Ovms.Microbenchmarks.Rest;

/// <summary>A model of one f32 input and one output of the same shape, [1,3,224,224], whose output memory the benchmark fills.</summary>
internal sealed class EchoModel : CompiledModel
{
    /// <summary>Elements of input and output.</summary>
    public const int Count = 3 * 224 * 224;

    /// <inheritdoc/>
    public override string BackendName => "none";

    /// <inheritdoc/>
    public override int OptimalRequestCount => 1;

    /// <inheritdoc/>
    public override ModelSignature Signature { get; } = new() { Inputs = [Describe("b")], Outputs = [Describe("a")] };

    /// <inheritdoc/>
    public override InferRequest CreateRequest() => new EchoRequest();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }

    private static TensorDescriptor Describe(string name) =>
        new() { Index = 0, Name = name, Names = [name], Type = ElementType.F32, Shape = PartialShape.Of(1, 3, 224, 224) };
}

/// <summary>Its request: only the output is real.</summary>
internal sealed class EchoRequest : InferRequest
{
    private readonly TensorMemory _output = TensorMemory.Allocate(EchoModel.Count * sizeof(float));

    /// <summary>What the output holds.</summary>
    public Span<float> Values => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(_output.Span)[..EchoModel.Count];

    /// <inheritdoc/>
    public override InferenceError TryPrepareInput(int index, in Shape shape, out Span<byte> destination) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override InferenceError SetInput(int index, Tensor tensor) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override InferenceError Infer() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Cancel()
    {
    }

    /// <inheritdoc/>
    public override OutputTensor GetOutput(int index) => new(ElementType.F32, new Shape(1, 3, 224, 224), _output.Memory);

    /// <inheritdoc/>
    public override void Reset()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _output.Dispose();
}
