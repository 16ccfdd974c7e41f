namespace Ovms.Server.Models;

/// <summary>A model or one of its versions cannot be served. Thrown while loading only.</summary>
/// <param name="status">The status text that management answers and logs carry (M§0.3).</param>
/// <param name="reason">What happened, for the log; null when the status says it all.</param>
internal sealed class ModelStatusException(string status, string? reason = null, Exception? inner = null) : Exception(reason ?? status, inner)
{
    /// <summary>The base path is not there or not allowed.</summary>
    public const string PathInvalid = "The provided base path is invalid or doesn't exists";

    /// <summary>No model file.</summary>
    public const string FileInvalid = "File not found or cannot open";

    /// <summary>The backend refused the model.</summary>
    public const string ModelNotLoaded = "Error while loading a model";

    /// <summary>The model does not take the configured shapes.</summary>
    public const string ReshapeError = "Model could not be reshaped with requested shape";

    /// <summary>A single shape for several inputs.</summary>
    public const string AnonymousShape = "Anonymous fixed shape is invalid for models with multiple inputs";

    /// <summary>A single layout for several inputs.</summary>
    public const string AnonymousLayout = "Anonymous fixed layout is invalid for models with multiple inputs";

    /// <summary>A shape for an input that is not there.</summary>
    public const string ShapeNotInModel = "Shape from config not found in model";

    /// <summary>A layout for a tensor that is not there.</summary>
    public const string LayoutNotInModel = "Layout from config not found in model";

    /// <summary>A shape that names an input by the name the mapping replaced.</summary>
    public const string ShapeRealName = "Shape from config has real name. Use mapped name instead";

    /// <summary>A layout that names a tensor by the name the mapping replaced.</summary>
    public const string LayoutRealName = "Layout from config has real name. Use mapped name instead";

    /// <summary>A layout of another rank.</summary>
    public const string LayoutIncompatible = "Layout incompatible with given shape";

    /// <summary>The status text.</summary>
    public string Status { get; } = status;
}
