namespace Ovms.Runtime.Inference;

/// <summary>An execution provider: loads model files into <see cref="CompiledModel"/>s. Safe for concurrent use.</summary>
public interface IInferenceBackend
{
    /// <summary>Name in logs: <c>embedded</c>, <c>openvino</c>.</summary>
    string Name { get; }

    /// <summary>Whether it reads files of this kind, by the file's name.</summary>
    bool CanRead(string path) => path.EndsWith(".xml", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads, checks and compiles a model.</summary>
    /// <exception cref="Errors.ModelLoadException">The model cannot be served; the message says why.</exception>
    CompiledModel Load(ModelSource source);
}
