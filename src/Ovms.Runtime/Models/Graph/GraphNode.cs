using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Models.Graph;

/// <summary>One layer of a model: operation, attributes, where its inputs come from.</summary>
public sealed class GraphNode
{
    /// <summary>A layer; inputs are connected by the reader afterwards.</summary>
    public GraphNode(long layerId, string name, string type, int opset, Dictionary<string, string> attributes)
    {
        (LayerId, Name, Type, Opset) = (layerId, name, type, opset);
        Attributes = new AttributeBag(attributes, Error);
    }

    /// <summary>Position in <see cref="ModelGraph.Nodes"/>.</summary>
    public int Index { get; internal set; }

    /// <summary>The layer's <c>id</c> in the file.</summary>
    public long LayerId { get; }

    /// <summary>The layer's <c>name</c>; not guaranteed to be unique.</summary>
    public string Name { get; }

    /// <summary>Operation type as written; compare without case (<c>ReLU</c>, <c>Convolution</c>, <c>Const</c>).</summary>
    public string Type { get; }

    /// <summary>The N of <c>version="opsetN"</c>.</summary>
    public int Opset { get; }

    /// <summary>Attributes of the operation.</summary>
    public AttributeBag Attributes { get; }

    /// <summary>Producers by input position; trailing optional inputs may be absent (shorter array).</summary>
    public GraphPort[] Inputs { get; internal set; } = [];

    /// <summary>Outputs by position.</summary>
    public GraphOutput[] Outputs { get; internal set; } = [];

    /// <summary>The value of a <c>Const</c> layer, else null.</summary>
    public ConstantData? Constant { get; internal set; }

    /// <summary>Bodies of <c>If</c> (then, else), <c>Loop</c>, <c>TensorIterator</c>; else empty.</summary>
    public SubGraph[] Bodies { get; internal set; } = [];

    /// <summary>What a Result layer says its tensor is called; replaces the names of the port that feeds it (IR sheet §6). Null when it says nothing.</summary>
    public IReadOnlyList<string>? OutputNames { get; internal set; }

    /// <summary>Layout text of a Parameter or Result, such as <c>[N,C,H,W]</c>; null when the file states none.</summary>
    public string? Layout { get; internal set; }

    /// <summary>An error that names this layer.</summary>
    public ModelLoadException Error(string reason) => ModelLoadException.InLayer(Type, Opset, LayerId, Name, reason);
}

/// <summary>One output of a node, as an input of another.</summary>
/// <param name="Node">The producer.</param>
/// <param name="Output">Position of the output, not its port id.</param>
public readonly record struct GraphPort(GraphNode Node, int Output);

/// <summary>What the file says of one output: a hint for types and shapes, and its tensor names.</summary>
/// <param name="Type">Precision of the port.</param>
/// <param name="Shape">Dimensions of the port; a port without any is a scalar or of unknown rank.</param>
/// <param name="Names">Tensor names, in the file's order.</param>
public sealed record GraphOutput(ElementType Type, PartialShape Shape, IReadOnlyList<string> Names);
