using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.ControlFlow;

/// <summary>Where a parameter of a loop's body gets its value from.</summary>
/// <param name="External">Input of the layer; −1 for the iteration counter.</param>
/// <param name="Slice">How the input is cut, or null.</param>
/// <param name="BackResult">Result of the previous iteration, or −1.</param>
internal sealed record LoopParameter(int External, PortMapEntry? Slice, int BackResult);

/// <summary>What an output of a loop is made of.</summary>
/// <param name="Result">Result of the body.</param>
/// <param name="Concat">How results of all iterations are joined; null for the last one.</param>
/// <param name="Initial">Input that is the value after no iteration, or −1.</param>
internal sealed record LoopOutput(int Result, PortMapEntry? Concat, int Initial);

/// <summary>The port maps of a Loop or TensorIterator by position, checked.</summary>
internal sealed class LoopMap
{
    /// <summary>Resolves the maps.</summary>
    /// <exception cref="Errors.ModelLoadException">Something is not connected.</exception>
    public LoopMap(GraphNode node, Body body, bool isLoop)
    {
        var part = body.Part;
        Parameters = new LoopParameter[body.Parameters.Count];
        for (var i = 0; i < Parameters.Length; i++)
        {
            Parameters[i] = Resolve(node, body, body.Parameters[i].LayerId);
        }

        Outputs = new LoopOutput[node.Outputs.Length];
        foreach (var entry in part.Outputs)
        {
            var result = body.ResultOf(entry.InternalLayer);
            if (entry.Purpose == "execution_condition")
            {
                ConditionResult = result;
            }

            if (entry.External >= 0)
            {
                Outputs[entry.External] = new LoopOutput(result, entry.Axis is null ? null : Checked(node, entry), InitialOf(result));
            }
        }

        if (Array.IndexOf(Outputs, null) >= 0)
        {
            throw node.Error("an output is not in the port map");
        }

        if (isLoop && (ConditionResult < 0 || node.Inputs.Length < 2))
        {
            throw node.Error("a Loop has a trip count, a condition and a body that gives the next condition");
        }
    }

    /// <summary>By parameter of the body.</summary>
    public LoopParameter[] Parameters { get; }

    /// <summary>By output of the layer.</summary>
    public LoopOutput[] Outputs { get; }

    /// <summary>Result that says whether to go on; −1 for TensorIterator.</summary>
    public int ConditionResult { get; } = -1;

    private static LoopParameter Resolve(GraphNode node, Body body, long layer)
    {
        PortMapEntry? entry = null;
        foreach (var candidate in body.Part.Inputs)
        {
            if (candidate.InternalLayer == layer)
            {
                entry = entry is null ? candidate : throw node.Error($"body layer {layer} is in the port map twice");
            }
        }

        var back = -1;
        foreach (var (from, to) in body.Part.BackEdges)
        {
            if (to == layer)
            {
                back = back < 0 ? body.ResultOf(from) : throw node.Error($"body layer {layer} has two back edges");
            }
        }

        if (entry?.Purpose == "current_iteration" || (entry is null && back < 0))
        {
            return new LoopParameter(-1, null, -1);
        }

        return entry is null || entry.External < 0 || entry.External >= node.Inputs.Length
            ? throw node.Error($"body layer {layer} has no first value")
            : new LoopParameter(entry.External, entry.Axis is null ? null : Checked(node, entry), back);
    }

    private int InitialOf(int result)
    {
        foreach (var parameter in Parameters)
        {
            if (parameter.BackResult == result)
            {
                return parameter.External;
            }
        }

        return -1;
    }

    private static PortMapEntry Checked(GraphNode node, PortMapEntry entry) =>
        entry.PartSize is > 0 and <= int.MaxValue && entry.Stride != 0 ? entry : throw node.Error("part_size and stride of a port map are above and not 0");

    /// <summary>Axis of a map entry, from the front.</summary>
    public static int Axis(GraphNode node, PortMapEntry entry, int rank)
    {
        var axis = entry.Axis!.Value < 0 ? entry.Axis.Value + rank : entry.Axis.Value;
        return axis >= 0 && axis < rank ? axis : throw node.Error($"axis {entry.Axis} is outside of rank {rank}");
    }

    /// <summary>How many parts an input has, and where the first begins.</summary>
    public static (long Count, long Start) Parts(GraphNode node, PortMapEntry entry, in Shape shape)
    {
        var size = shape[Axis(node, entry, shape.Rank)];
        var start = entry.Start < 0 ? entry.Start + size : entry.Start;
        var end = entry.End < 0 ? entry.End + size : entry.End;
        if (size == 0)
        {
            return (0, 0);
        }

        if (start < 0 || start >= size || end < 0 || end >= size)
        {
            throw node.Error($"parts {entry.Start} to {entry.End} are outside of {shape}");
        }

        return ((Math.Abs(end - start) + 1) / entry.PartSize, start);
    }
}
