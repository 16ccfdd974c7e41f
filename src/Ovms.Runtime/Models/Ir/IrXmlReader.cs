using System.Globalization;
using System.Xml;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Models.Ir;

/// <summary>Reads the .xml of an IR model into records, in one pass (grammar: IR sheet §2). Unknown elements and attributes are ignored; no
/// entity, no DTD and no name is resolved.</summary>
internal sealed class IrXmlReader(XmlReader xml)
{
    /// <summary>10 or 11.</summary>
    public int Version { get; private set; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ModelLoadException">Not an IR file of version 10 or 11, or malformed.</exception>
    public static (IrNet Net, int Version) ReadFile(string path)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
            IgnoreWhitespace = true,
            MaxCharactersInDocument = IrLimits.MaxXmlBytes,
        };
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 65536);
            if (stream.Length > IrLimits.MaxXmlBytes)
            {
                throw new ModelLoadException($"{path} has {stream.Length} bytes; model files may have {IrLimits.MaxXmlBytes}");
            }

            using var xml = XmlReader.Create(stream, settings);
            var reader = new IrXmlReader(xml);
            var net = reader.ReadRoot();
            return (net, reader.Version);
        }
        catch (Exception exception) when (exception is XmlException or IOException or UnauthorizedAccessException)
        {
            throw new ModelLoadException($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    private IrNet ReadRoot()
    {
        xml.MoveToContent();
        if (xml.NodeType != XmlNodeType.Element || !xml.Name.Equals("net", StringComparison.OrdinalIgnoreCase))
        {
            throw Error("the root element is not <net>");
        }

        var version = xml.GetAttribute("version");
        Version = version is "10" or "11" ? int.Parse(version, CultureInfo.InvariantCulture)
            : throw Error($"IR version \"{version}\" is not supported; 10 and 11 are");
        var net = new IrNet { Name = xml.GetAttribute("name") ?? "" };
        ReadNet(net, 0);

        // The rest of the document is checked too: what follows the root makes a file malformed.
        while (xml.Read())
        {
        }

        return net;
    }

    private void ReadNet(IrNet net, int bodyDepth)
    {
        foreach (var element in Children())
        {
            switch (element)
            {
                case "layers":
                    foreach (var layer in Children())
                    {
                        if (layer == "layer")
                        {
                            Limit(net.Layers.Count, IrLimits.MaxLayers, "layers");
                            net.Layers.Add(ReadLayer(bodyDepth));
                        }
                    }

                    break;
                case "edges":
                    foreach (var edge in Children())
                    {
                        if (edge == "edge")
                        {
                            Limit(net.Edges.Count, IrLimits.MaxLayers * 8, "edges");
                            net.Edges.Add(new IrEdge(Int("from-layer"), Int("from-port"), Int("to-layer"), Int("to-port")));
                        }
                    }

                    break;
                case "pre-process" when bodyDepth == 0:
                    // Ignoring the means of an old file would give wrong answers.
                    throw Error("the embedded executor does not support this operation: the pre-process block of version 10");
                default:
                    break;
            }
        }
    }

    private IrLayer ReadLayer(int bodyDepth)
    {
        var layer = new IrLayer
        {
            Id = Int("id"),
            Name = xml.GetAttribute("name") ?? "",
            Type = xml.GetAttribute("type") ?? throw Error("a layer has no type"),
            Version = xml.GetAttribute("version") ?? "",
            OutputNames = xml.GetAttribute("output_names") is { Length: > 0 } names ? SplitNames(names) : null,
        };
        IrBody? body = null;
        foreach (var element in Children())
        {
            switch (element)
            {
                case "data":
                    ReadAttributes(layer);
                    break;
                case "input":
                    ReadPorts(layer, layer.Inputs);
                    break;
                case "output":
                    ReadPorts(layer, layer.Outputs);
                    break;
                case "rt_info":
                    layer.Layout = ReadLayout() ?? layer.Layout;
                    break;
                case "port_map" or "then_port_map" or "else_port_map" or "back_edges" or "body" or "then_body" or "else_body":
                    body = BodyOf(layer, element);
                    ReadBodyPart(body, element, bodyDepth);
                    break;
                default:
                    break;
            }
        }

        return layer;
    }

    /// <summary>Parts of a body come in any order; then is always the first of two.</summary>
    private static IrBody BodyOf(IrLayer layer, string element)
    {
        var index = element.StartsWith("else", StringComparison.Ordinal) ? 1 : 0;
        while (layer.Bodies.Count <= index)
        {
            layer.Bodies.Add(new IrBody());
        }

        return layer.Bodies[index];
    }

    private void ReadBodyPart(IrBody body, string element, int bodyDepth)
    {
        if (element.EndsWith("port_map", StringComparison.Ordinal))
        {
            foreach (var entry in Children())
            {
                var list = entry == "input" ? body.Inputs : entry == "output" ? body.Outputs : null;
                if (list is not null)
                {
                    Limit(list.Count, IrLimits.MaxPorts, "port map entries");
                    list.Add(ReadMapEntry());
                }
            }
        }
        else if (element == "back_edges")
        {
            foreach (var edge in Children())
            {
                if (edge == "edge")
                {
                    Limit(body.BackEdges.Count, IrLimits.MaxPorts, "back edges");
                    body.BackEdges.Add((Int("from-layer"), Int("to-layer")));
                }
            }
        }
        else
        {
            if (bodyDepth >= IrLimits.MaxBodyDepth)
            {
                throw Error($"bodies are nested more than {IrLimits.MaxBodyDepth} deep");
            }

            body.Net = new IrNet();
            ReadNet(body.Net, bodyDepth + 1);
        }
    }

    private IrMapEntry ReadMapEntry() => new(
        Int("external_port_id"),
        Int("internal_layer_id"),
        xml.GetAttribute("axis") is null ? null : checked((int)Math.Clamp(Int("axis"), int.MinValue, int.MaxValue)),
        Int("start", 0),
        Int("end", -1),
        Int("stride", 1),
        Int("part_size", 1),
        xml.GetAttribute("purpose"));

    private void ReadAttributes(IrLayer layer)
    {
        Limit(layer.Attributes.Count + xml.AttributeCount - 1, IrLimits.MaxAttributes, "attributes");
        for (var more = xml.MoveToFirstAttribute(); more; more = xml.MoveToNextAttribute())
        {
            Limit(xml.Value.Length, IrLimits.MaxAttributeLength, "characters in an attribute");
            layer.Attributes[xml.LocalName] = xml.Value;
        }

        xml.MoveToElement();
    }

    private void ReadPorts(IrLayer layer, List<IrPort> ports)
    {
        foreach (var element in Children())
        {
            if (element == "port")
            {
                Limit(ports.Count, IrLimits.MaxPorts, "ports");
                ports.Add(ReadPort(layer));
            }
        }
    }

    private IrPort ReadPort(IrLayer layer)
    {
        var id = Int("id");
        var type = ElementType.Dynamic;
        if (xml.GetAttribute("precision") is { } precision)
        {
            // A hint only: an unknown precision is no error here (IR sheet §2).
            _ = ElementTypes.TryParse(precision, out type);
        }

        var names = xml.GetAttribute("names") is { Length: > 0 } text ? SplitNames(text) : [];
        var dims = new List<Dimension>();
        foreach (var element in Children())
        {
            switch (element)
            {
                case "dim":
                    Limit(dims.Count, 64, "dimensions of a port");
                    dims.Add(ReadDim());
                    break;
                case "rt_info":
                    layer.Layout ??= ReadLayout();
                    break;
                default:
                    break;
            }
        }

        return new IrPort(id, type, [.. dims], names);
    }

    private Dimension ReadDim()
    {
        var text = ReadText().Trim();
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var size) && size >= -1
            ? size < 0 ? Dimension.Any : Dimension.Fixed(size)
            : throw Error($"<dim>{text}</dim> is not a dimension");
    }

    private string ReadText()
    {
        if (xml.IsEmptyElement)
        {
            return "";
        }

        var text = "";
        var depth = xml.Depth;
        while (xml.Read() && xml.Depth > depth)
        {
            if (xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA)
            {
                text += xml.Value;
                Limit(text.Length, 64, "characters in a dimension");
            }
        }

        return text;
    }

    /// <summary>The value of the attribute <c>layout</c> in an rt_info block, or null.</summary>
    private string? ReadLayout()
    {
        string? layout = null;
        foreach (var element in Children())
        {
            if (element == "attribute" && xml.GetAttribute("name") == "layout")
            {
                layout = xml.GetAttribute("layout");
            }
        }

        return layout;
    }

    private static List<string> SplitNames(string text)
    {
        // Comma separated; a comma inside a name is written "\," (IR sheet §3).
        var names = new List<string>();
        var name = new System.Text.StringBuilder();
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || text[i] == ',')
            {
                if (name.Length > 0)
                {
                    names.Add(name.ToString());
                }

                name.Clear();
            }
            else
            {
                i += text[i] == '\\' && i + 1 < text.Length && text[i + 1] == ',' ? 1 : 0;
                name.Append(text[i]);
            }
        }

        return names;
    }

    /// <summary>Names of the child elements of the current element, one at a time; the reader stands on each. What a caller leaves unread of a
    /// child is skipped.</summary>
    private IEnumerable<string> Children()
    {
        if (xml.IsEmptyElement)
        {
            yield break;
        }

        var depth = xml.Depth;
        if (depth > IrLimits.MaxXmlDepth)
        {
            throw Error($"elements are nested more than {IrLimits.MaxXmlDepth} deep");
        }

        while (xml.Read() && xml.Depth > depth)
        {
            if (xml.NodeType == XmlNodeType.Element && xml.Depth == depth + 1)
            {
                yield return xml.LocalName;
            }
        }
    }

    private long Int(string attribute, long? defaultValue = null)
    {
        var text = xml.GetAttribute(attribute);
        return text is null ? defaultValue ?? throw Error($"<{xml.Name}> has no {attribute}")
            : long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
            : throw Error($"{attribute}=\"{text}\" is not an integer");
    }

    private void Limit(int count, int limit, string what)
    {
        if (count >= limit)
        {
            throw Error($"more than {limit} {what}");
        }
    }

    private ModelLoadException Error(string reason)
    {
        var line = (xml as IXmlLineInfo)?.LineNumber ?? 0;
        return new ModelLoadException(string.Create(CultureInfo.InvariantCulture, $"line {line} of the model file: {reason}"));
    }
}
