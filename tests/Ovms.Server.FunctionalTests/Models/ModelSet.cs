using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ovms.Tests.Shared;

namespace Ovms.Server.FunctionalTests.Models;

/// <summary>All models of the shared data as one configuration: each as it is, once more for every other version and for every shape that its
/// cases ask for, and the stateless twin of each model with state.</summary>
internal sealed class ModelSet : IDisposable
{
    private readonly DirectoryInfo _scratch = Directory.CreateTempSubdirectory("ovms-models-");
    private readonly JsonArray _entries = [];
    private readonly SortedDictionary<string, JsonElement> _servables = new(StringComparer.Ordinal);
    private readonly List<(string Servable, string Folder, JsonElement Case)> _cases = [];
    private readonly Dictionary<string, (string Folder, JsonElement Root)> _twins = [];

    public ModelSet()
    {
        foreach (var file in Files())
        {
            Add(Path.GetDirectoryName(file)!, JsonElement.Parse(File.ReadAllBytes(file)));
        }

        ConfigPath = Path.Combine(_scratch.FullName, "config.json");
        File.WriteAllText(ConfigPath, new JsonObject { ["model_config_list"] = _entries }.ToJsonString());
    }

    /// <summary>The configuration of all models.</summary>
    public string ConfigPath { get; }

    /// <summary>Names of the models in the data; empty where the data is not there.</summary>
    public static IEnumerable<string> ModelNames => Files().Select(static f => Path.GetFileName(Path.GetDirectoryName(f))!);

    /// <summary>What is served: names, each with the <c>versions</c> entry of its case.json.</summary>
    public IReadOnlyDictionary<string, JsonElement> Servables => _servables;

    /// <summary>The cases of a model, of all servables made from it.</summary>
    public IEnumerable<ModelCase> Cases(string model)
    {
        foreach (var (servable, folder, item) in _cases.Where(c => Owner(c.Servable) == model))
        {
            yield return new ModelCase(
                servable,
                item.GetProperty("id").GetInt32().ToString(CultureInfo.InvariantCulture),
                ModelCase.ReadTensors(folder, item.GetProperty("inputs")),
                ModelCase.ReadTensors(folder, item.GetProperty("outputs")));
        }

        foreach (var (servable, (folder, root)) in _twins.Where(t => Owner(t.Key) == model))
        {
            foreach (var twin in TwinCases(servable, folder, root))
            {
                yield return twin;
            }
        }
    }

    /// <summary>The model that a servable is made from.</summary>
    public static string Owner(string servable) => servable.Split("--")[0];

    /// <inheritdoc/>
    public void Dispose() => _scratch.Delete(recursive: true);

    private static IEnumerable<string> Files() =>
        Repository.SharedData is { } shared && Directory.Exists(Path.Combine(shared, "models"))
            ? Directory.GetDirectories(Path.Combine(shared, "models")).Select(static d => Path.Combine(d, "case.json")).Where(File.Exists).Order(StringComparer.Ordinal)
            : [];

    private void Add(string folder, JsonElement root)
    {
        var name = Path.GetFileName(folder);
        var versions = root.GetProperty("versions");
        var latest = versions.EnumerateObject().Select(static v => v.Name).MaxBy(static v => int.Parse(v, CultureInfo.InvariantCulture))!;
        AddServable(name, folder, versions.GetProperty(latest));
        foreach (var item in root.GetProperty("cases").EnumerateArray())
        {
            foreach (var version in item.GetProperty("versions").EnumerateArray().Select(static v => v.GetString()!))
            {
                var servable = name;
                if (version != latest)
                {
                    servable = $"{name}--v{version}";
                    AddServable(servable, CopyVersion(servable, Path.Combine(folder, version)), versions.GetProperty(version));
                }

                if (item.TryGetProperty("reshape", out var shapes))
                {
                    servable += "--" + string.Join('-', shapes.EnumerateObject().Select(static s => s.Name + Sizes(s.Value).Replace(',', 'x')));
                    AddServable(servable, folder, versions.GetProperty(version), shapes);
                }

                _cases.Add((servable, folder, item));
            }
        }

        if (root.TryGetProperty("explicit_state", out _))
        {
            var servable = name + "--explicit";
            AddServable(servable, CopyVersion(servable, Path.Combine(folder, "explicit")), default);
            _twins.Add(servable, (folder, root));
        }
    }

    private void AddServable(string name, string basePath, JsonElement version, JsonElement shapes = default)
    {
        if (!_servables.TryAdd(name, version))
        {
            return;
        }

        var config = new JsonObject { ["name"] = name, ["base_path"] = basePath };
        if (shapes.ValueKind == JsonValueKind.Object)
        {
            config["shape"] = new JsonObject(shapes.EnumerateObject().Select(s => KeyValuePair.Create(s.Name, (JsonNode?)$"({Sizes(s.Value)})")));
        }

        _entries.Add(new JsonObject { ["config"] = config });
    }

    private string CopyVersion(string servable, string from)
    {
        var basePath = Path.Combine(_scratch.FullName, servable);
        var folder = Directory.CreateDirectory(Path.Combine(basePath, "1"));
        foreach (var file in Directory.GetFiles(from).Where(static f => Path.GetFileName(f).Split('.')[0] is not "init" && f.EndsWith(".xml", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
            File.Copy(Path.ChangeExtension(file, ".bin"), Path.Combine(folder.FullName, Path.ChangeExtension(Path.GetFileName(file), ".bin")));
        }

        return basePath;
    }

    // The states are ordinary inputs and outputs: what a step leaves is what the next one of its sequence is given.
    private static IEnumerable<ModelCase> TwinCases(string servable, string folder, JsonElement root)
    {
        var declared = root.GetProperty("explicit_state").GetProperty("states").EnumerateArray().ToList();
        var before = new Dictionary<int, List<TestTensor>>();
        foreach (var item in root.GetProperty("cases").EnumerateArray())
        {
            var sequence = item.GetProperty("sequence").GetInt32();
            var inputs = ModelCase.ReadTensors(folder, item.GetProperty("inputs"));
            var outputs = ModelCase.ReadTensors(folder, item.GetProperty("outputs"));
            var after = ModelCase.ReadTensors(folder, item.GetProperty("states"));
            var given = item.GetProperty("reset_before").GetBoolean() ? declared.Select(s => Initial(folder, s)).ToList() : before.GetValueOrDefault(sequence);
            before[sequence] = after;
            if (given is null || given.Contains(null!))
            {
                // The start is an output of another model: only the steps after it stand alone.
                continue;
            }

            foreach (var state in declared)
            {
                var id = state.GetProperty("variable_id").GetString();
                inputs.Add(given.Single(t => t.Name == id) with { Name = state.GetProperty("input").GetString()! });
                var output = state.GetProperty("output").GetString()!;
                if (!outputs.Exists(o => o.Name == output))
                {
                    outputs.Add(after.Single(t => t.Name == id) with { Name = output });
                }
            }

            yield return new ModelCase(servable, item.GetProperty("id").GetInt32().ToString(CultureInfo.InvariantCulture), inputs, outputs);
        }
    }

    private static TestTensor Initial(string folder, JsonElement state)
    {
        var (id, type) = (state.GetProperty("variable_id").GetString()!, state.GetProperty("element_type").GetString()!);
        if (state.TryGetProperty("init_file", out var file))
        {
            var (shape, data) = NpyFile.Read(Path.Combine(folder, file.GetString()!));
            return new TestTensor(id, type, shape, data);
        }

        if (state.GetProperty("init").GetString() != "zeros")
        {
            return null!;
        }

        // A dimension that grows starts at none.
        long[] sizes = [.. state.GetProperty("shape").EnumerateArray().Select(static d => d.ValueKind == JsonValueKind.Number ? Math.Max(d.GetInt64(), 0) : 0)];
        var zeros = new TestTensor(id, type, sizes, []);
        return zeros with { Data = new byte[zeros.Count * ElementTable.Size(type)] };
    }

    private static string Sizes(JsonElement shape) => string.Join(',', shape.EnumerateArray().Select(static d => d.GetInt64()));
}
