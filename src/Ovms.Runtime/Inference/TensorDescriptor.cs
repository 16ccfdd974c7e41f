using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Inference;

/// <summary>One declared input or output of a loaded model.</summary>
public sealed class TensorDescriptor
{
    /// <summary>Position in the model's order (document order of the file).</summary>
    public required int Index { get; init; }

    /// <summary>Public name: the alphabetically first of <see cref="Names"/> unless a mapping renames it.</summary>
    public required string Name { get; init; }

    /// <summary>All tensor names, ascending.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Element type on the wire and in memory.</summary>
    public required ElementType Type { get; init; }

    /// <summary>Declared shape; dynamic dimensions allowed.</summary>
    public required PartialShape Shape { get; init; }

    /// <summary>Layout text such as <c>[N,C,H,W]</c>, or null when the file states none.</summary>
    public string? Layout { get; init; }
}
