namespace Ovms.Runtime.Models.Graph;

/// <summary>The body of a control-flow layer and how its inputs and outputs connect (IR sheet §10).</summary>
public sealed class SubGraph
{
    /// <summary>The body, a graph of its own.</summary>
    public required ModelGraph Graph { get; init; }

    /// <summary>Entries of the input port map.</summary>
    public required IReadOnlyList<PortMapEntry> Inputs { get; init; }

    /// <summary>Entries of the output port map.</summary>
    public required IReadOnlyList<PortMapEntry> Outputs { get; init; }

    /// <summary>Values carried to the next iteration: body result layer id → body parameter layer id.</summary>
    public required IReadOnlyList<(long FromLayer, long ToLayer)> BackEdges { get; init; }
}

/// <summary>One line of a port map.</summary>
/// <param name="External">Position of the outer port, −1 for the special entries.</param>
/// <param name="InternalLayer">Id of the body's Parameter or Result layer.</param>
/// <param name="Axis">Sliced or concatenated axis, or null.</param>
/// <param name="Start">First index; negative counts from the end.</param>
/// <param name="End">Last index, inclusive; negative counts from the end.</param>
/// <param name="Stride">Step; negative walks backwards.</param>
/// <param name="PartSize">Size of a slice.</param>
/// <param name="Purpose"><c>current_iteration</c>, <c>execution_condition</c> or null.</param>
public sealed record PortMapEntry(int External, long InternalLayer, int? Axis, long Start, long End, long Stride, long PartSize, string? Purpose);
