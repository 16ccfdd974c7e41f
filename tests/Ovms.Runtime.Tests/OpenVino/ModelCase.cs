using System.Globalization;
using System.Text;
using System.Text.Json;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Conformance;

namespace Ovms.Runtime.Tests.OpenVino;

/// <summary>A model folder of the shared data with its signature and cases.</summary>
internal sealed class ModelCase
{
    private readonly string _folder;
    private readonly JsonElement _root;

    private ModelCase(string folder, JsonElement root) => (_folder, _root) = (folder, root);

    public string Kind => _root.GetProperty("kind").GetString()!;

    public IEnumerable<ModelVersion> Versions => _root.GetProperty("versions").EnumerateObject()
        .Select(v => new ModelVersion(v.Name, Path.Combine(_folder, v.Value.GetProperty("file").GetString()!), v.Value));

    public static ModelCase Read(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        return new ModelCase(folder, json.RootElement.Clone());
    }

    /// <summary>Cases of a version.</summary>
    public IEnumerable<JsonElement> Cases(string version) => _root.GetProperty("cases").EnumerateArray()
        .Where(c => c.GetProperty("versions").EnumerateArray().Any(v => v.GetString() == version));

    /// <summary>Reads a tensor of a case.</summary>
    public ConformanceTensor Tensor(JsonElement item)
    {
        Assert.True(ElementTypes.TryParse(item.GetProperty("element_type").GetString()!, out var type));
        var (shape, bytes) = ReadNpy(Path.Combine(_folder, item.GetProperty("file").GetString()!), type);
        return new ConformanceTensor(type, shape, bytes, Number("atol"), Number("rtol"));

        double Number(string name) => item.TryGetProperty(name, out var value) ? value.GetDouble() : 0;
    }

    /// <summary>A declared shape: −1, [lo,hi] with hi −1 = open, or "?" for any rank.</summary>
    public static PartialShape Shape(JsonElement shape)
    {
        if (shape.ValueKind == JsonValueKind.String)
        {
            return PartialShape.AnyRank;
        }

        return new PartialShape([.. shape.EnumerateArray().Select(static d => d.ValueKind == JsonValueKind.Array
            ? new Dimension(d[0].GetInt64(), d[1].GetInt64() < 0 ? Dimension.Unbounded : d[1].GetInt64())
            : d.GetInt64() < 0 ? Dimension.Any : Dimension.Fixed(d.GetInt64()))]);
    }

    private static (Shape Shape, byte[] Bytes) ReadNpy(string path, ElementType type)
    {
        var file = File.ReadAllBytes(path);
        var headerLength = file[8] | (file[9] << 8);
        var header = Encoding.ASCII.GetString(file, 10, headerLength);
        var start = header.IndexOf("'shape': (", StringComparison.Ordinal) + "'shape': (".Length;
        var dims = header[start..header.IndexOf(')', start)].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var shape = new Shape([.. dims.Select(static d => long.Parse(d, CultureInfo.InvariantCulture))]);
        var bytes = file[(10 + headerLength)..];
        Assert.Equal(shape.ElementCount * type.ByteSize(), bytes.Length);
        return (shape, bytes);
    }
}

/// <summary>One version: file and declared signature.</summary>
internal sealed record ModelVersion(string Number, string File, JsonElement Signature);
