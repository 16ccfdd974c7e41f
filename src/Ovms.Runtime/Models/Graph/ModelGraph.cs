namespace Ovms.Runtime.Models.Graph;

/// <summary>A model as read from a file, independent of the file's format. Immutable after reading.</summary>
public sealed class ModelGraph : IDisposable
{
    private readonly IDisposable? _weights;

    /// <summary>A graph; <paramref name="weights"/> keeps the constants' memory and is disposed with the graph.</summary>
    public ModelGraph(string name, int irVersion, GraphNode[] nodes, GraphNode[] parameters, GraphNode[] results, IDisposable? weights)
    {
        (Name, IrVersion, Nodes, Parameters, Results, _weights) = (name, irVersion, nodes, parameters, results, weights);
        for (var i = 0; i < nodes.Length; i++)
        {
            nodes[i].Index = i;
        }
    }

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>10 or 11; 0 for other formats.</summary>
    public int IrVersion { get; }

    /// <summary>All reachable nodes, every one after its producers.</summary>
    public IReadOnlyList<GraphNode> Nodes { get; }

    /// <summary>Inputs in document order; also the ones no result needs.</summary>
    public IReadOnlyList<GraphNode> Parameters { get; }

    /// <summary>Outputs in document order.</summary>
    public IReadOnlyList<GraphNode> Results { get; }

    /// <summary>Releases the constants.</summary>
    public void Dispose() => _weights?.Dispose();
}
