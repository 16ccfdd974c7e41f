using Ovms.Runtime.Embedded.Operations.Matrix;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>Lets MatMul and GroupConvolution take over the bias (Add of a constant) and the bounds (ReLU, Clamp) that follow them, so that a result is
/// finished while it is in the cache instead of being read and written again.</summary>
/// <remarks>Not Convolution with one group: ResNet-50 took 15 % more CPU time with it (ModelBenchmark, AVX-512, one thread), because the tiles of the matrix
/// kernel are read back right after rows that are not aligned were stored.</remarks>
internal static class EpilogueFusion
{
    private const string ReLU = "ReLU";

    /// <summary>Fuses what can be fused and puts a <see cref="FusedLayer"/> in the place of every layer taken over. Before any plan is made.</summary>
    /// <returns>Number of layers taken over.</returns>
    public static int Apply(ModelGraph graph, Operation?[] operations, Func<GraphPort, TensorValue?> constantOf)
    {
        var consumers = SingleConsumers(graph);
        var count = 0;
        foreach (var node in graph.Nodes)
        {
            // A constant product has been computed already: nothing runs that could take over.
            if (operations[node.Index] is not IFusesEpilogue first || ExecutionGraph.Is(node, "Convolution") || node.Outputs.Length != 1 || constantOf(new GraphPort(node, 0)) is not null)
            {
                continue;
            }

            var last = node;
            while (consumers[last.Index] is { } next && next.Outputs.Length == 1 && TryFuse(first, node, last, next, constantOf) is { } layer)
            {
                operations[next.Index] = layer;
                last = next;
                count++;
            }
        }

        return count;
    }

    /// <summary>By node: the one node that reads its one output once; null where it is read more often, or by nobody.</summary>
    private static GraphNode?[] SingleConsumers(ModelGraph graph)
    {
        var uses = new int[graph.Nodes.Count];
        var consumers = new GraphNode?[uses.Length];
        foreach (var node in graph.Nodes)
        {
            foreach (var port in node.Inputs)
            {
                consumers[port.Node.Index] = uses[port.Node.Index]++ == 0 ? node : null;
            }
        }

        return consumers;
    }

    private static FusedLayer? TryFuse(IFusesEpilogue first, GraphNode producer, GraphNode last, GraphNode next, Func<GraphPort, TensorValue?> constantOf)
    {
        if (ExecutionGraph.Is(next, "Add") && next.Inputs.Length == 2)
        {
            var input = next.Inputs[0].Node == last ? 0 : 1;
            var bias = constantOf(next.Inputs[1 - input]);
            return bias is { HasData: true, Type: ElementType.F32 } && IsNumpy(next) && IsPerChannel(producer, bias.Shape) && first.TryFuseBias(bias.As<float>())
                ? new FusedLayer(next, input, bias.Shape.Rank)
                : null;
        }

        if (ExecutionGraph.Is(next, ReLU) && next.Inputs.Length == 1)
        {
            return first.TryFuseClamp(0, float.PositiveInfinity) ? new FusedLayer(next, 0, 0) : null;
        }

        if (ExecutionGraph.Is(next, "Clamp") && next.Inputs.Length == 1)
        {
            var (low, high) = (next.Attributes.GetFloat("min", 0), next.Attributes.GetFloat("max", 0));
            return first.TryFuseClamp((float)low, (float)high) ? new FusedLayer(next, 0, 0) : null;
        }

        return null;
    }

    private static bool IsNumpy(GraphNode node) => node.Attributes.GetEnum("auto_broadcast", "numpy") == "numpy";

    /// <summary>Whether a constant, aligned right, has one value per channel (axis 1 of a convolution, last axis of a product) and does not widen the result.</summary>
    private static bool IsPerChannel(GraphNode producer, in Shape bias)
    {
        var rank = producer.Outputs[0].Shape is { IsRankKnown: true } shape ? shape.Rank : -1;
        var axis = ExecutionGraph.Is(producer, "MatMul") ? bias.Rank - 1 : bias.Rank - rank + 1;
        return bias.Rank <= rank && axis >= 0 && axis < bias.Rank && bias[axis] == bias.ElementCount;
    }
}
