using Ovms.Runtime.Inference;

namespace Ovms.Server.Dispatch;

/// <summary>One loaded version of a model, as requests see it. Immutable; lives until its last lease is returned.</summary>
internal sealed class ServableVersion
{
    /// <summary>Model name.</summary>
    public required string ModelName { get; init; }

    /// <summary>Version number, &gt; 0.</summary>
    public required long Version { get; init; }

    /// <summary>Inputs and outputs in the model's order.</summary>
    public required ModelSignature Signature { get; init; }

    /// <summary>Inputs in ascending byte order of their names: the order of validation (W§1.5).</summary>
    public required IReadOnlyList<ServableTensor> Inputs { get; init; }

    /// <summary>Outputs in ascending byte order of their names: the order of answers.</summary>
    public required IReadOnlyList<ServableTensor> Outputs { get; init; }
}

/// <summary>A declared tensor with what requests need of it precomputed.</summary>
/// <param name="Descriptor">Type, shape, index in the model.</param>
/// <param name="NameUtf8">Name as bytes on the wire.</param>
/// <param name="BatchAxis">Position of <c>N</c> in the layout, −1 without one; 0 when no layout is known and the rank is above 0 (W§1.5).</param>
internal sealed record ServableTensor(TensorDescriptor Descriptor, byte[] NameUtf8, int BatchAxis);
