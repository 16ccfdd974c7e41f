using System.Text.Json;
using Ovms.Server.Logging;

namespace Ovms.Server.Configuration;

/// <summary>The configuration file of several models, <c>config.json</c> (M§2). A violation of its form refuses the whole file; an entry
/// that is well-formed but cannot be served as asked is refused alone, by name.</summary>
internal sealed class ConfigFile
{
    // What this version does not do is refused by name; empty lists ask for nothing.
    private static readonly string[] s_unsupportedLists =
    [
        "custom_loader_config_list", "custom_node_library_config_list", "pipeline_config_list", "mediapipe_config_list",
    ];

    private readonly string _path;
    private readonly Logger _log;
    private readonly List<ModelSettings> _models = [];

    private ConfigFile(string path, Logger log) => (_path, _log) = (path, log);

    /// <summary>Models whose entries are valid, in the order of the file, names unique.</summary>
    public IReadOnlyList<ModelSettings> Models => _models;

    /// <summary>Reads a file.</summary>
    /// <returns>The file, or null after the reason was logged.</returns>
    public static ConfigFile? Read(string path, Logger log)
    {
        // A folder stands for the file of the usual name in it.
        var file = Directory.Exists(path) ? Path.Combine(path, "config.json") : path;
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            log.Write(LogLevel.Error, $"Configuration file is invalid {file}");
            return null;
        }

        try
        {
            var start = bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
            using var document = JsonDocument.Parse(bytes.AsMemory(start));
            var config = new ConfigFile(file, log);
            config.ReadRoot(document.RootElement);
            return config;
        }
        catch (JsonException error)
        {
            log.Write(LogLevel.Error, $"Configuration file is not a valid JSON file. Error: {error.Message}");
            return null;
        }
        catch (ConfigSchemaException error)
        {
            log.Write(LogLevel.Error, $"JSON schema parse error:{error.SchemaPointer}. Keyword:{error.Keyword} Key: {error.Pointer}");
            if (error.Reason is not null)
            {
                log.Write(LogLevel.Error, error.Reason);
            }

            log.Write(LogLevel.Error, "Configuration file is not in valid configuration format");
            return null;
        }
    }

    private void ReadRoot(JsonElement root)
    {
        ConfigSchema.RequireKind(root, JsonValueKind.Object, "#", "#");
        foreach (var member in root.EnumerateObject())
        {
            var pointer = "#/" + member.Name;
            if (member.Name == "model_config_list")
            {
                ConfigSchema.RequireKind(member.Value, JsonValueKind.Array, "#/properties/model_config_list", pointer);
            }
            else if (Array.IndexOf(s_unsupportedLists, member.Name) >= 0)
            {
                ConfigSchema.RequireKind(member.Value, JsonValueKind.Array, "#/properties/" + member.Name, pointer);
                if (member.Value.GetArrayLength() > 0)
                {
                    throw ConfigSchemaException.Unsupported(member.Name, pointer);
                }
            }
            else if (member.Name == "monitoring")
            {
                ReadMonitoring(member.Value, pointer);
            }
            else
            {
                throw new ConfigSchemaException("#", "additionalProperties", pointer);
            }
        }

        if (!root.TryGetProperty("model_config_list", out var models))
        {
            throw new ConfigSchemaException("#", "required", "#");
        }

        var index = 0;
        foreach (var entry in models.EnumerateArray())
        {
            ReadEntry(entry, $"#/model_config_list/{index++}");
        }
    }

    private static void ReadMonitoring(JsonElement value, string pointer)
    {
        ConfigSchema.RequireKind(value, JsonValueKind.Object, "#/properties/monitoring", pointer);
        if (value.TryGetProperty("metrics", out var metrics) && metrics.ValueKind == JsonValueKind.Object
            && metrics.TryGetProperty("enable", out var enable) && enable.ValueKind == JsonValueKind.False)
        {
            return;
        }

        throw ConfigSchemaException.Unsupported("monitoring", pointer);
    }

    private void ReadEntry(JsonElement entry, string pointer)
    {
        ConfigSchema.CheckEntry(entry, pointer);
        var config = entry.GetProperty("config");
        var name = config.GetProperty("name").GetString()!;
        var basePath = config.TryGetProperty("base_path", out var path) ? path.GetString()! : "";
        if (_models.Exists(m => m.Name == name))
        {
            _log.Write(LogLevel.Warning, $"Duplicated model names: {name} defined in config file. Only first definition will be loaded.");
            return;
        }

        var builder = new ModelSettingsBuilder(_log, isStrict: false);
        ModelConfigReader.Read(config, builder);
        var settings = builder.Build(name, ConfigPaths.Escapes(basePath) ? basePath : ConfigPaths.Resolve(_path, basePath));
        if (builder.Error is { } error)
        {
            _log.Write(LogLevel.Error, $"Parsing model: {name} config failed due to error: {error}");
            return;
        }

        _models.Add(settings);
    }
}
