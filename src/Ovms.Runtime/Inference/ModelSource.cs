using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Inference;

/// <summary>What to load: the file of one model version, and how.</summary>
public sealed record ModelSource
{
    /// <summary>Path of the model file (for IR the <c>.xml</c>).</summary>
    public required string Path { get; init; }

    /// <summary>Shapes that replace the file's, by input name; empty when the file's shapes hold.</summary>
    public IReadOnlyDictionary<string, PartialShape> InputShapes { get; init; } = new Dictionary<string, PartialShape>();

    /// <summary>Threads that one inference may use; 0 = decided by the backend.</summary>
    public int InferenceThreads { get; init; }

    /// <summary>Bytes of tensors that the embedded executor may hold for this model, constants and all requests together; 0 = three quarters of the
    /// memory this process may use.</summary>
    public long MaxTensorBytes { get; init; }

    /// <summary>Device of OpenVINO: <c>CPU</c>, <c>GPU.0</c>, <c>AUTO:GPU,CPU</c>. The embedded backend runs on the CPU.</summary>
    public string Device { get; init; } = "CPU";

    /// <summary>Properties of OpenVINO's device, values as text; booleans may be <c>true</c> and <c>false</c>. Not for the embedded backend.</summary>
    public IReadOnlyDictionary<string, string> PluginConfig { get; init; } = new Dictionary<string, string>();

    /// <summary>Folder where OpenVINO keeps compiled models; null = none.</summary>
    public string? CacheDir { get; init; }
}
