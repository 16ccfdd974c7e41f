namespace Ovms.Runtime.Errors;

/// <summary>A model cannot be loaded: file, format, operation, shape or memory. The message names the layer, its id and the reason.</summary>
public sealed class ModelLoadException : Exception
{
    /// <summary>Reason as a sentence for the operator's log.</summary>
    public ModelLoadException(string message)
        : base(message)
    {
    }

    /// <summary>Reason and the fault below it.</summary>
    public ModelLoadException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>An error in one layer of a model file.</summary>
    public static ModelLoadException InLayer(string type, int opset, long layerId, string layerName, string reason) =>
        new($"layer {layerId} '{layerName}' ({type}, opset{opset}): {reason}");
}
