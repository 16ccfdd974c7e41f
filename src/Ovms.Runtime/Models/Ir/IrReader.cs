using System.Globalization;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Models.Ir;

/// <summary>Reads IR files of version 10 and 11 into a <see cref="ModelGraph"/> (loader algorithm: IR sheet §7).</summary>
public static class IrReader
{
    /// <summary>Reads <paramref name="xmlPath"/> and maps the .bin file beside it.</summary>
    /// <exception cref="ModelLoadException">The file is missing, malformed, or refers to bytes that are not there; the message names the layer.</exception>
    public static ModelGraph Read(string xmlPath)
    {
        var (net, version) = IrXmlReader.ReadFile(xmlPath);
        var weights = new WeightsFile(Path.ChangeExtension(xmlPath, ".bin"));
        try
        {
            return new IrGraphBuilder(net, version, weights).Build(owner: weights);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }
}

/// <summary>Connects the records of one net or body.</summary>
internal sealed class IrGraphBuilder(IrNet net, int version, WeightsFile weights)
{
    private readonly Dictionary<long, int> _positions = new(net.Layers.Count);
    private readonly GraphNode[] _nodes = new GraphNode[net.Layers.Count];

    /// <summary>The graph; <paramref name="owner"/> is disposed with it.</summary>
    public ModelGraph Build(IDisposable? owner)
    {
        for (var i = 0; i < _nodes.Length; i++)
        {
            _nodes[i] = CreateNode(net.Layers[i]);
            if (!_positions.TryAdd(net.Layers[i].Id, i))
            {
                throw _nodes[i].Error("the id is used twice");
            }
        }

        Connect();
        for (var i = 0; i < _nodes.Length; i++)
        {
            _nodes[i].Bodies = CreateBodies(net.Layers[i], _nodes[i]);
        }

        var parameters = Layers("Parameter");
        var results = Layers("Result");
        return new ModelGraph(net.Name, version, Sort(parameters, [.. results, .. Layers("Assign")]), parameters, results, owner);
    }

    private GraphNode CreateNode(IrLayer layer)
    {
        var node = new GraphNode(layer.Id, layer.Name, layer.Type, ReadOpset(layer), layer.Attributes) { OutputNames = layer.OutputNames, Layout = layer.Layout };
        node.Outputs = [.. layer.Outputs.Select(static port => new GraphOutput(port.Type, new PartialShape(port.Dims), port.Names))];
        if (Is(node, "Const"))
        {
            node.Constant = ReadConstant(node);
        }

        return node;
    }

    private static int ReadOpset(IrLayer layer)
    {
        // IR sheet §8: old tools wrote "experimental" and "extension" for operations that later came with opset6.
        if (layer.Version is "experimental" or "extension")
        {
            return 6;
        }

        const string prefix = "opset";
        return layer.Version.StartsWith(prefix, StringComparison.Ordinal)
            && int.TryParse(layer.Version.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var opset)
            && opset is >= 1 and <= IrLimits.NewestOpset
            ? opset
            : throw new ModelLoadException($"layer {layer.Id} '{layer.Name}' ({layer.Type}): version \"{layer.Version}\" is not an opset that can be executed");
    }

    private ConstantData ReadConstant(GraphNode node)
    {
        var type = node.Attributes.GetElementType("element_type");
        var shape = default(Shape);
        foreach (var size in node.Attributes.GetInts("shape"))
        {
            if (size < 0 || !shape.TryAppend(size))
            {
                throw node.Error($"shape=\"{node.Attributes.Find("shape")}\" is not the shape of a constant of at most {Shape.MaxRank} dimensions");
            }
        }

        if (type is ElementType.Dynamic || !shape.TryGetElementCount(out var count))
        {
            throw node.Error("the constant has no known type, or its shape overflows");
        }

        var size64 = node.Attributes.GetInt("size", 0);
        long wanted;
        try
        {
            wanted = type == ElementType.String ? size64 : type.BytesFor(count);
        }
        catch (OverflowException)
        {
            throw node.Error("the constant's size overflows");
        }

        if (size64 < wanted)
        {
            throw node.Error($"size=\"{size64}\" is less than the {wanted} bytes that shape {shape} of {type.IrName()} takes");
        }

        // The declared size has to be inside the file as well, although only the wanted bytes are used.
        weights.Slice(wanted == 0 ? 0 : node.Attributes.GetInt("offset"), wanted == 0 ? 0 : size64, node.Error);
        return new ConstantData(type, shape, wanted == 0 ? default : weights.Slice(node.Attributes.GetInt("offset"), wanted, node.Error));
    }

    private void Connect()
    {
        var inputs = new GraphPort?[_nodes.Length][];
        for (var i = 0; i < _nodes.Length; i++)
        {
            inputs[i] = new GraphPort?[net.Layers[i].Inputs.Count];
        }

        foreach (var edge in net.Edges)
        {
            var from = Position(edge.FromLayer, edge);
            var to = Position(edge.ToLayer, edge);
            var output = net.Layers[from].Outputs.FindIndex(port => port.Id == edge.FromPort);
            var input = net.Layers[to].Inputs.FindIndex(port => port.Id == edge.ToPort);
            if (output < 0 || input < 0)
            {
                throw _nodes[to].Error($"an edge joins port {edge.FromPort} of layer {edge.FromLayer} to port {edge.ToPort}; one of the two is not there");
            }

            if (inputs[to][input] is not null)
            {
                throw _nodes[to].Error($"input {input} has more than one edge");
            }

            inputs[to][input] = new GraphPort(_nodes[from], output);
        }

        for (var i = 0; i < _nodes.Length; i++)
        {
            var count = inputs[i].Length;
            while (count > 0 && inputs[i][count - 1] is null)
            {
                count--;
            }

            if (inputs[i].AsSpan(0, count).Contains(null))
            {
                throw _nodes[i].Error("an input in the middle is not connected");
            }

            _nodes[i].Inputs = [.. inputs[i].Take(count).Select(static port => port!.Value)];
        }
    }

    private int Position(long layerId, IrEdge edge) => _positions.TryGetValue(layerId, out var position)
        ? position
        : throw new ModelLoadException($"an edge from layer {edge.FromLayer} to layer {edge.ToLayer} names layer {layerId}, which is not there");

    private GraphNode[] Layers(string type) => [.. _nodes.Where(node => Is(node, type))];

    /// <summary>Producers before consumers, from the sinks in document order; parameters always stay. Iterative: graphs are deeper than stacks.</summary>
    private static GraphNode[] Sort(GraphNode[] parameters, GraphNode[] sinks)
    {
        var order = new List<GraphNode>(parameters);
        var done = new HashSet<GraphNode>(parameters);
        var open = new HashSet<GraphNode>();
        var stack = new Stack<(GraphNode Node, int Next)>();
        foreach (var sink in sinks)
        {
            if (done.Contains(sink))
            {
                continue;
            }

            stack.Push((sink, 0));
            open.Add(sink);
            while (stack.TryPop(out var top))
            {
                if (top.Next == top.Node.Inputs.Length)
                {
                    open.Remove(top.Node);
                    done.Add(top.Node);
                    order.Add(top.Node);
                    continue;
                }

                stack.Push((top.Node, top.Next + 1));
                var producer = top.Node.Inputs[top.Next].Node;
                if (open.Contains(producer))
                {
                    throw producer.Error("the layer is part of a cycle");
                }

                if (!done.Contains(producer))
                {
                    open.Add(producer);
                    stack.Push((producer, 0));
                }
            }
        }

        return [.. order];
    }

    private SubGraph[] CreateBodies(IrLayer layer, GraphNode node) => [.. layer.Bodies.Select(body => CreateBody(layer, node, body))];

    private SubGraph CreateBody(IrLayer layer, GraphNode node, IrBody body)
    {
        if (body.Net is null)
        {
            throw node.Error("a body is missing");
        }

        var graph = new IrGraphBuilder(body.Net, version, weights).Build(owner: null);
        return new SubGraph
        {
            Graph = graph,
            Inputs = [.. body.Inputs.Select(entry => Map(entry, layer.Inputs, graph.Parameters, node))],
            Outputs = [.. body.Outputs.Select(entry => Map(entry, layer.Outputs, graph.Results, node))],
            BackEdges = [.. body.BackEdges.Select(edge => Check(edge, graph, node))],
        };
    }

    private static PortMapEntry Map(IrMapEntry entry, List<IrPort> ports, IReadOnlyList<GraphNode> bodyLayers, GraphNode node)
    {
        var external = entry.ExternalPort == -1 ? -1 : ports.FindIndex(port => port.Id == entry.ExternalPort);
        if ((external < 0 && entry.ExternalPort != -1) || !bodyLayers.Any(layer => layer.LayerId == entry.InternalLayer))
        {
            throw node.Error($"a port map joins port {entry.ExternalPort} and body layer {entry.InternalLayer}; one of the two is not there");
        }

        return new PortMapEntry(external, entry.InternalLayer, entry.Axis, entry.Start, entry.End, entry.Stride, entry.PartSize, entry.Purpose);
    }

    private static (long From, long To) Check((long From, long To) edge, ModelGraph graph, GraphNode node) =>
        graph.Results.Any(layer => layer.LayerId == edge.From) && graph.Parameters.Any(layer => layer.LayerId == edge.To)
            ? edge
            : throw node.Error($"a back edge joins body layers {edge.From} and {edge.To}; one of the two is not there");

    private static bool Is(GraphNode node, string type) => node.Type.Equals(type, StringComparison.OrdinalIgnoreCase);
}
