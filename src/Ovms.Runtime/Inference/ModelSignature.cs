namespace Ovms.Runtime.Inference;

/// <summary>Inputs and outputs of a loaded model, in the model's own order.</summary>
public sealed class ModelSignature
{
    /// <summary>Inputs; <c>Inputs[i].Index == i</c>.</summary>
    public required IReadOnlyList<TensorDescriptor> Inputs { get; init; }

    /// <summary>Outputs; <c>Outputs[i].Index == i</c>.</summary>
    public required IReadOnlyList<TensorDescriptor> Outputs { get; init; }
}
