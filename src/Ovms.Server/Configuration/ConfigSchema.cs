using System.Text.Json;

namespace Ovms.Server.Configuration;

/// <summary>The form of a model entry (M§2.2): which keys it may have and of which JSON type.</summary>
internal static class ConfigSchema
{
    private const string EntrySchema = "#/definitions/model_config";

    [Flags]
    private enum Kinds
    {
        String = 1,
        Object = 2,
        Boolean = 4,
        Count = 8,
    }

    private static readonly Dictionary<string, Kinds> s_keys = new(StringComparer.Ordinal)
    {
        ["name"] = Kinds.String,
        ["base_path"] = Kinds.String,
        ["batch_size"] = Kinds.String | Kinds.Count,
        ["shape"] = Kinds.String | Kinds.Object,
        ["layout"] = Kinds.String | Kinds.Object,
        ["model_version_policy"] = Kinds.Object,
        ["nireq"] = Kinds.Count,
        ["target_device"] = Kinds.String,
        ["plugin_config"] = Kinds.Object,
        ["stateful"] = Kinds.Boolean,
        ["idle_sequence_cleanup"] = Kinds.Boolean,
        ["low_latency_transformation"] = Kinds.Boolean,
        ["max_sequence_number"] = Kinds.Count,
        ["custom_loader_options"] = Kinds.Object,
        ["allow_cache"] = Kinds.Boolean,
        ["graph_path"] = Kinds.String,
        ["subconfig"] = Kinds.String,
        ["mean"] = Kinds.String,
        ["scale"] = Kinds.String,
        ["color_format"] = Kinds.String,
        ["precision"] = Kinds.String,
    };

    /// <summary>Checks an entry of <c>model_config_list</c>.</summary>
    /// <exception cref="ConfigSchemaException">It violates the schema.</exception>
    public static void CheckEntry(JsonElement entry, string pointer)
    {
        RequireKind(entry, JsonValueKind.Object, EntrySchema, pointer);
        foreach (var member in entry.EnumerateObject())
        {
            if (member.Name != "config")
            {
                throw new ConfigSchemaException(EntrySchema, "additionalProperties", pointer + "/" + member.Name);
            }
        }

        if (!entry.TryGetProperty("config", out var config))
        {
            throw new ConfigSchemaException(EntrySchema, "required", pointer);
        }

        pointer += "/config";
        RequireKind(config, JsonValueKind.Object, EntrySchema + "/properties/config", pointer);
        foreach (var member in config.EnumerateObject())
        {
            if (!s_keys.TryGetValue(member.Name, out var kinds))
            {
                throw new ConfigSchemaException(EntrySchema + "/properties/config", "additionalProperties", pointer + "/" + member.Name);
            }

            if ((kinds & KindOf(member.Value)) == 0)
            {
                throw new ConfigSchemaException($"{EntrySchema}/properties/config/properties/{member.Name}", "type", pointer + "/" + member.Name);
            }
        }

        if (!config.TryGetProperty("name", out _))
        {
            throw new ConfigSchemaException(EntrySchema + "/properties/config", "required", pointer);
        }
    }

    /// <summary>Checks the JSON type of a value.</summary>
    /// <exception cref="ConfigSchemaException">It has another.</exception>
    public static void RequireKind(JsonElement value, JsonValueKind kind, string schemaPointer, string pointer)
    {
        if (value.ValueKind != kind)
        {
            throw new ConfigSchemaException(schemaPointer, "type", pointer);
        }
    }

    private static Kinds KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Kinds.String,
        JsonValueKind.Object => Kinds.Object,
        JsonValueKind.True or JsonValueKind.False => Kinds.Boolean,
        JsonValueKind.Number when value.TryGetUInt64(out _) => Kinds.Count,
        _ => 0,
    };
}
