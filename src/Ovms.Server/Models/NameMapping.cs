using System.Text.Json;
using Ovms.Runtime.Inference;
using Ovms.Server.Logging;

namespace Ovms.Server.Models;

/// <summary>The names that <c>mapping_config.json</c> in a version folder gives to a model's inputs and outputs (M§3.4).</summary>
internal sealed class NameMapping
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "mapping_config.json";

    private readonly Dictionary<string, string> _inputs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _outputs = new(StringComparer.Ordinal);

    private NameMapping()
    {
    }

    /// <summary>Reads the mapping of a version folder; without a file, or with a bad one, nothing is renamed.</summary>
    public static NameMapping Read(string modelName, string folder, Logger log)
    {
        var path = Path.Combine(folder, FileName);
        var mapping = new NameMapping();
        if (!File.Exists(path))
        {
            return mapping;
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (!IsValid(document.RootElement))
            {
                throw new JsonException("not a mapping");
            }

            mapping.Fill(mapping._inputs, "inputs", document.RootElement, path, log);
            mapping.Fill(mapping._outputs, "outputs", document.RootElement, path, log);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            log.Write(LogLevel.Error, $"Model: {modelName} mapping configuration file is not a valid JSON file.");
            return new NameMapping();
        }

        return mapping;
    }

    /// <summary>The signature with the names that clients use.</summary>
    public ModelSignature Apply(ModelSignature signature) =>
        _inputs.Count == 0 && _outputs.Count == 0
            ? signature
            : new ModelSignature
            {
                Inputs = [.. signature.Inputs.Select(i => Renamed(i, _inputs))],
                Outputs = [.. signature.Outputs.Select(o => Renamed(o, _outputs))],
            };

    /// <summary>Whether a tensor of this name in the model has another name for clients.</summary>
    public bool IsReplaced(string name) => _inputs.ContainsKey(name) || _outputs.ContainsKey(name);

    private static bool IsValid(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        foreach (var half in root.EnumerateObject())
        {
            if (half.Name is not ("inputs" or "outputs") || half.Value.ValueKind != JsonValueKind.Object
                || half.Value.EnumerateObject().Any(static m => m.Value.ValueKind != JsonValueKind.String))
            {
                return false;
            }
        }

        return true;
    }

    private void Fill(Dictionary<string, string> names, string half, JsonElement root, string path, Logger log)
    {
        if (!root.TryGetProperty(half, out var members))
        {
            log.Write(LogLevel.Warning, $"Couldn't load {half} object from file {path}");
            return;
        }

        foreach (var member in members.EnumerateObject())
        {
            names[member.Name] = member.Value.GetString()!;
        }
    }

    private static TensorDescriptor Renamed(TensorDescriptor tensor, Dictionary<string, string> names)
    {
        foreach (var name in tensor.Names)
        {
            if (names.TryGetValue(name, out var renamed))
            {
                return new TensorDescriptor
                {
                    Index = tensor.Index,
                    Name = renamed,
                    Names = [renamed],
                    Type = tensor.Type,
                    Shape = tensor.Shape,
                    Layout = tensor.Layout,
                };
            }
        }

        return tensor;
    }
}
