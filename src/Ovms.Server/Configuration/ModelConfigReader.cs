using System.Text.Json;

namespace Ovms.Server.Configuration;

/// <summary>Reads the values of a model entry whose form was checked (M§2.3). What this version does not do is refused by name, unless the
/// value asks for nothing.</summary>
internal static class ModelConfigReader
{
    /// <summary>Reads one <c>config</c> object.</summary>
    public static void Read(JsonElement config, ModelSettingsBuilder builder)
    {
        foreach (var member in config.EnumerateObject())
        {
            var value = member.Value;
            switch (member.Name)
            {
                case "name" or "base_path":
                    break;
                case "batch_size":
                    builder.SetBatchSize(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());
                    break;
                case "nireq":
                    builder.RequestCount = value.TryGetUInt32(out var count) ? count : uint.MaxValue;
                    break;
                case "shape" when value.ValueKind == JsonValueKind.String:
                    builder.SetShape(value.GetString()!);
                    break;
                case "layout" when value.ValueKind == JsonValueKind.String:
                    builder.SetLayout(value.GetString()!);
                    break;
                case "shape" or "layout":
                    builder.SetObject(member.Name, value);
                    break;
                case "idle_sequence_cleanup" or "low_latency_transformation" or "max_sequence_number" when !IsStateful(config):
                    builder.Fail("Stateful model config parameter used for non stateful model");
                    break;
                default:
                    if (!AsksForNothing(member.Name, value))
                    {
                        builder.Fail($"{member.Name} {value.GetRawText()} is not supported by this version of the server");
                    }

                    break;
            }
        }
    }

    private static bool IsStateful(JsonElement config) =>
        config.TryGetProperty("stateful", out var stateful) && stateful.ValueKind == JsonValueKind.True;

    private static bool AsksForNothing(string name, JsonElement value) => name switch
    {
        "stateful" or "allow_cache" => value.ValueKind == JsonValueKind.False,
        "plugin_config" or "custom_loader_options" => !value.EnumerateObject().Any(),
        "target_device" => value.GetString() is "CPU" or "",
        "model_version_policy" => IsLatestOne(value),
        _ => false,
    };

    // {"latest": {"num_versions": 1}} is the default, and all that this version does.
    private static bool IsLatestOne(JsonElement policy) =>
        policy.EnumerateObject().Count() == 1 && policy.TryGetProperty("latest", out var latest) && latest.ValueKind == JsonValueKind.Object
        && latest.TryGetProperty("num_versions", out var count) && count.ValueKind == JsonValueKind.Number && count.TryGetInt64(out var number)
        && number == 1;
}
