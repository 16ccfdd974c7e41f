using System.Globalization;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Models.Ir;

namespace Ovms.Runtime.OpenVino;

/// <summary>What an IR file says that the C API does not: all names of tensors, layouts, states; and whether its constants are inside the .bin.</summary>
/// <remarks>The file is read by our own reader first, which is bounded in depth and size, so that a hostile file does not reach the native
/// parser.</remarks>
internal sealed class IrFacts
{
    private IrFacts(TensorFacts[] inputs, TensorFacts[] outputs, string? stateLayer) =>
        (Inputs, Outputs, StateLayer) = (inputs, outputs, stateLayer);

    /// <summary>Parameters in document order.</summary>
    public IReadOnlyList<TensorFacts> Inputs { get; }

    /// <summary>Results in document order.</summary>
    public IReadOnlyList<TensorFacts> Outputs { get; }

    /// <summary>Name of a layer that keeps state between inferences, or null.</summary>
    public string? StateLayer { get; }

    /// <summary>Reads the facts.</summary>
    /// <exception cref="ModelLoadException">The file is malformed.</exception>
    public static IrFacts Read(string xmlPath)
    {
        var (net, version) = IrXmlReader.ReadFile(xmlPath);
        var binPath = Path.ChangeExtension(xmlPath, ".bin");
        var bin = new FileInfo(binPath);
        CheckConstants(net, binPath, bin.Exists ? bin.Length : 0);

        var byId = new Dictionary<long, IrLayer>(net.Layers.Count);
        foreach (var layer in net.Layers)
        {
            byId[layer.Id] = layer;
        }

        var inputs = new List<TensorFacts>();
        var outputs = new List<TensorFacts>();
        foreach (var layer in net.Layers)
        {
            if (Is(layer, "Parameter"))
            {
                IEnumerable<string> names = layer.Outputs.Count > 0 ? layer.Outputs[0].Names : [];
                inputs.Add(new TensorFacts(version == 10 ? [.. names, layer.Name] : [.. names], layer.Layout));
            }
            else if (Is(layer, "Result"))
            {
                outputs.Add(DescribeResult(net, byId, layer, version));
            }
        }

        return new IrFacts([.. inputs], [.. outputs], FindState(net));
    }

    // Names and layout belong to the producer's port unless the Result has its own; version 10 adds the producer's name. Without any name the
    // tensor is called like its Result layer (models' README, IR sheet §1).
    private static TensorFacts DescribeResult(IrNet net, Dictionary<long, IrLayer> byId, IrLayer result, int version)
    {
        var edge = net.Edges.Find(e => e.ToLayer == result.Id);
        var producer = byId.GetValueOrDefault(edge.FromLayer);
        var port = producer?.Outputs.FindIndex(p => p.Id == edge.FromPort) ?? -1;
        if (producer is null || port < 0)
        {
            return new TensorFacts([.. result.OutputNames ?? [result.Name]], result.Layout);
        }

        IEnumerable<string> names = result.OutputNames ?? producer.Outputs[port].Names;
        if (version == 10)
        {
            names = names.Append(producer.Outputs.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $"{producer.Name}.{port}") : producer.Name);
        }

        string[] all = [.. names];
        return new TensorFacts(all.Length > 0 ? all : [result.Name], result.Layout ?? (producer.Outputs.Count == 1 ? producer.Layout : null));
    }

    private static void CheckConstants(IrNet net, string binPath, long binLength)
    {
        foreach (var layer in net.Layers)
        {
            if (Is(layer, "Const") && layer.Attributes.TryGetValue("size", out var sizeText))
            {
                var offset = Number(layer, layer.Attributes.GetValueOrDefault("offset") ?? "0");
                var size = Number(layer, sizeText);
                if (offset < 0 || size < 0 || (size > 0 && (offset > binLength || size > binLength - offset)))
                {
                    throw Error(layer, $"{size} bytes at offset {offset} are not inside the weights file {binPath} of {binLength} bytes");
                }
            }

            foreach (var body in layer.Bodies)
            {
                if (body.Net is not null)
                {
                    CheckConstants(body.Net, binPath, binLength);
                }
            }
        }
    }

    private static string? FindState(IrNet net)
    {
        foreach (var layer in net.Layers)
        {
            if (Is(layer, "ReadValue") || Is(layer, "Assign"))
            {
                return layer.Name;
            }

            foreach (var body in layer.Bodies)
            {
                if (body.Net is not null && FindState(body.Net) is { } inner)
                {
                    return inner;
                }
            }
        }

        return null;
    }

    private static long Number(IrLayer layer, string text) =>
        long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Error(layer, $"\"{text}\" is not an integer");

    private static ModelLoadException Error(IrLayer layer, string reason) =>
        new(string.Create(CultureInfo.InvariantCulture, $"layer {layer.Id} '{layer.Name}' ({layer.Type}): {reason}"));

    private static bool Is(IrLayer layer, string type) => layer.Type.Equals(type, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Names and layout of one input or output.</summary>
internal sealed record TensorFacts(string[] Names, string? Layout);
