using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Models.Ir;

/// <summary>A <c>layers</c>/<c>edges</c> pair as written: the file's root or a body.</summary>
internal sealed class IrNet
{
    public string Name { get; set; } = "";

    public List<IrLayer> Layers { get; } = [];

    public List<IrEdge> Edges { get; } = [];
}

/// <summary>One <c>layer</c> element as written.</summary>
internal sealed class IrLayer
{
    public long Id { get; set; }

    public string Name { get; set; } = "";

    public string Type { get; set; } = "";

    /// <summary>The <c>version</c> attribute, such as <c>opset8</c>.</summary>
    public string Version { get; set; } = "";

    /// <summary>The <c>output_names</c> attribute of a Result; null when it is not written.</summary>
    public IReadOnlyList<string>? OutputNames { get; set; }

    /// <summary>Layout text of the first output port or of the layer's rt_info.</summary>
    public string? Layout { get; set; }

    public Dictionary<string, string> Attributes { get; } = new(StringComparer.Ordinal);

    public List<IrPort> Inputs { get; } = [];

    public List<IrPort> Outputs { get; } = [];

    public List<IrBody> Bodies { get; } = [];
}

/// <summary>One <c>port</c>.</summary>
internal sealed record IrPort(long Id, ElementType Type, Dimension[] Dims, IReadOnlyList<string> Names);

/// <summary>One <c>edge</c>.</summary>
internal readonly record struct IrEdge(long FromLayer, long FromPort, long ToLayer, long ToPort);

/// <summary>A body with its maps. <c>If</c> has two: then and else.</summary>
internal sealed class IrBody
{
    public IrNet? Net { get; set; }

    public List<IrMapEntry> Inputs { get; } = [];

    public List<IrMapEntry> Outputs { get; } = [];

    public List<(long From, long To)> BackEdges { get; } = [];
}

/// <summary>One entry of a port map, with the external port's id as written.</summary>
internal sealed record IrMapEntry(long ExternalPort, long InternalLayer, int? Axis, long Start, long End, long Stride, long PartSize, string? Purpose);
