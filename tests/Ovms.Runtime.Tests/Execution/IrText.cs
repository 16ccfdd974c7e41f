using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Execution;

/// <summary>One output of a layer of an <see cref="IrText"/>, and its shape.</summary>
internal readonly record struct Wire(int Layer, int Port, ElementType Type, long[] Shape);

/// <summary>Writes small IR models.</summary>
internal sealed class IrText
{
    private readonly StringBuilder _layers = new();
    private readonly StringBuilder _edges = new();
    private readonly List<byte> _weights = [];
    private int _next;

    public byte[] Weights => [.. _weights];

    public string Layers => _layers.ToString();

    public string Edges => _edges.ToString();

    public string Xml => $"<net name=\"test\" version=\"11\"><layers>{_layers}</layers><edges>{_edges}</edges></net>";

    public Wire Parameter(ElementType type, params long[] shape) => Parameter(type, Join(shape), shape);

    public Wire Parameter(ElementType type, string text, long[] shape) =>
        Add("Parameter", 1, $"element_type=\"{type.IrName()}\" shape=\"{text}\"", type, [shape])[0];

    public Wire Const<T>(ElementType type, ReadOnlySpan<T> values, params long[] shape)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        var offset = _weights.Count;
        _weights.AddRange(bytes);
        return Add("Const", 1, $"element_type=\"{type.IrName()}\" shape=\"{Join(shape)}\" offset=\"{offset}\" size=\"{bytes.Length}\"", type, [shape])[0];
    }

    public Wire Floats(float[] values, params long[] shape) => Const<float>(ElementType.F32, values, shape);

    public Wire Longs(params long[] values) => Const<long>(ElementType.I64, values, values.Length);

    public Wire Add(string type, int opset, string attributes, long[] shape, params Wire[] inputs) =>
        Add(type, opset, attributes, inputs[0].Type, [shape], inputs)[0];

    public Wire[] Add(string type, int opset, string attributes, ElementType output, long[][] shapes, params Wire[] inputs) =>
        Add(type, opset, attributes, "", output, shapes, inputs);

    /// <summary>A layer; <paramref name="inner"/> is what stands in it besides (bodies and maps).</summary>
    public Wire[] Add(string type, int opset, string attributes, string inner, ElementType output, long[][] shapes, params Wire[] inputs)
    {
        var id = _next++;
        Open(id, type, opset, attributes);
        Connect(id, inputs);
        if (shapes.Length > 0)
        {
            _layers.Append("<output>");
            for (var i = 0; i < shapes.Length; i++)
            {
                Port(inputs.Length + i, output, shapes[i]);
            }

            _layers.Append("</output>");
        }

        _layers.Append(inner).Append("</layer>");
        return [.. shapes.Select((shape, i) => new Wire(id, inputs.Length + i, output, shape))];
    }

    /// <summary>Makes a wire a result.</summary>
    /// <returns>The layer's id.</returns>
    public int Result(Wire wire)
    {
        var id = _next++;
        Open(id, "Result", 1, "");
        Connect(id, [wire]);
        _layers.Append("</layer>");
        return id;
    }

    private static string Join(long[] shape) => string.Join(',', shape);

    private void Open(int id, string type, int opset, string attributes) =>
        _layers.Append(CultureInfo.InvariantCulture, $"<layer id=\"{id}\" name=\"n{id}\" type=\"{type}\" version=\"opset{opset}\"><data {attributes}/>");

    private void Connect(int id, Wire[] inputs)
    {
        if (inputs.Length == 0)
        {
            return;
        }

        _layers.Append("<input>");
        for (var i = 0; i < inputs.Length; i++)
        {
            Port(i, inputs[i].Type, inputs[i].Shape);
            _edges.Append(
                CultureInfo.InvariantCulture, $"<edge from-layer=\"{inputs[i].Layer}\" from-port=\"{inputs[i].Port}\" to-layer=\"{id}\" to-port=\"{i}\"/>");
        }

        _layers.Append("</input>");
    }

    private void Port(int port, ElementType type, long[] shape)
    {
        var precision = type switch { ElementType.F32 => "FP32", ElementType.F16 => "FP16", ElementType.Boolean => "BOOL", _ => type.IrName().ToUpperInvariant() };
        _layers.Append(CultureInfo.InvariantCulture, $"<port id=\"{port}\" precision=\"{precision}\">");
        foreach (var size in shape)
        {
            _layers.Append(CultureInfo.InvariantCulture, $"<dim>{size}</dim>");
        }

        _layers.Append("</port>");
    }
}
