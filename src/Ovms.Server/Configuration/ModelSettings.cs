using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Configuration;

/// <summary>How one model is to be served: from the command line (M§1.3) or from an entry of the configuration file (M§2.2). Immutable.</summary>
internal sealed record ModelSettings
{
    /// <summary>Name that clients use.</summary>
    public required string Name { get; init; }

    /// <summary>Folder of numbered version folders, or a model file; absolute or relative to the working folder.</summary>
    public required string BasePath { get; init; }

    /// <summary>Infer requests per version; 0 = as many as the backend asks for.</summary>
    public uint RequestCount { get; init; }

    /// <summary>Batch size that replaces the model's, or null.</summary>
    public Dimension? BatchSize { get; init; }

    /// <summary>Shape of the only input, or null.</summary>
    public PartialShape? AnonymousShape { get; init; }

    /// <summary>Shapes by input name.</summary>
    public IReadOnlyDictionary<string, PartialShape> Shapes { get; init; } = new Dictionary<string, PartialShape>();

    /// <summary>Layout of the only input, or null.</summary>
    public TensorLayout? AnonymousLayout { get; init; }

    /// <summary>Layouts by the name of an input or output.</summary>
    public IReadOnlyDictionary<string, TensorLayout> Layouts { get; init; } = new Dictionary<string, TensorLayout>();

    /// <summary>Most infer requests (M§12.1).</summary>
    public const uint MaxRequestCount = 100_000;
}
