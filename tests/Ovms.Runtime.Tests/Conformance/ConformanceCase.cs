using System.Text.Json;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Conformance;

/// <summary>One case of a folder: a model, and runs of one request on it or the demand that it be refused.</summary>
internal sealed record ConformanceCase(
    string Id, string About, string ModelPath, bool ExpectError, bool CompareShapeOnly, IReadOnlyList<ConformanceRun> Runs)
{
    /// <summary>Reads <c>cases.json</c> and <c>data.bin</c> of a folder.</summary>
    public static IReadOnlyList<ConformanceCase> ReadFolder(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "cases.json")));
        var dataPath = Path.Combine(folder, "data.bin");
        var data = File.Exists(dataPath) ? File.ReadAllBytes(dataPath) : [];
        var cases = new List<ConformanceCase>();
        foreach (var item in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            cases.Add(new ConformanceCase(
                item.GetProperty("id").GetString()!,
                item.GetProperty("about").GetString()!,
                Path.Combine(folder, item.GetProperty("xml").GetString()!),
                item.TryGetProperty("expect", out var expect) && expect.GetString() == "error",
                item.TryGetProperty("compare", out var compare) && compare.GetString() == "shape",
                item.TryGetProperty("runs", out var runs) ? [.. runs.EnumerateArray().Select(run => ReadRun(run, data))] : []));
        }

        return cases;
    }

    private static ConformanceRun ReadRun(JsonElement run, byte[] data) => new(
        run.TryGetProperty("reset", out var reset) && reset.GetBoolean(),
        ReadTensors(run, "inputs", data),
        ReadTensors(run, "outputs", data),
        run.TryGetProperty("alternative", out _) ? ReadTensors(run, "alternative", data) : null);

    private static ConformanceTensor[] ReadTensors(JsonElement run, string name, byte[] data) =>
        [.. run.GetProperty(name).EnumerateArray().Select(item => ReadTensor(item, data))];

    private static ConformanceTensor ReadTensor(JsonElement item, byte[] data)
    {
        Assert.True(ElementTypes.TryParse(item.GetProperty("type").GetString()!, out var type));
        var dims = item.GetProperty("shape").EnumerateArray().Select(static d => d.GetInt64()).ToArray();
        var offset = item.GetProperty("offset").GetInt32();
        return new ConformanceTensor(
            type,
            new Shape(dims),
            data.AsMemory(offset, item.GetProperty("bytes").GetInt32()),
            item.TryGetProperty("abs", out var abs) ? abs.GetDouble() : 0,
            item.TryGetProperty("rel", out var rel) ? rel.GetDouble() : 0);
    }
}

/// <summary>One inference. A second set of outputs may be as good as the first.</summary>
internal sealed record ConformanceRun(
    bool Reset, ConformanceTensor[] Inputs, ConformanceTensor[] Outputs, ConformanceTensor[]? Alternative);

/// <summary>A tensor of a case; tolerances count for outputs only.</summary>
internal sealed record ConformanceTensor(ElementType Type, Shape Shape, ReadOnlyMemory<byte> Bytes, double Abs, double Rel);
