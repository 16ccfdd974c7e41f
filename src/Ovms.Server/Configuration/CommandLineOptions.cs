namespace Ovms.Server.Configuration;

/// <summary>An option of the command line.</summary>
/// <param name="Name">Name without the dashes.</param>
/// <param name="Group">Heading in the help text.</param>
/// <param name="Help">What it does.</param>
/// <param name="IsFlag">True for options without a value.</param>
internal sealed record CommandLineOption(string Name, string Group, string Help, bool IsFlag = false);

/// <summary>All options of the server, and those of upstream that this version refuses by name (M§1.2, §1.3, §1.6).</summary>
internal static class CommandLineOptions
{
    private const string General = "general";
    private const string Multi = "multi model";
    private const string Single = "single model";

    /// <summary>Options that work.</summary>
    public static IReadOnlyList<CommandLineOption> Supported { get; } =
    [
        new("help", General, "Show this help message and exit", IsFlag: true),
        new("version", General, "Show the version and exit", IsFlag: true),
        new("port", General, "gRPC port, 0 to 65535; 0, the default, turns gRPC off"),
        new("rest_port", General, "REST port, 0 to 65535; 0, the default, turns REST off"),
        new("grpc_bind_address", General, "Address of the gRPC port: IP or host name (default 0.0.0.0)"),
        new("rest_bind_address", General, "Address of the REST port: IP or host name (default 0.0.0.0)"),
        new("log_level", General, "TRACE, DEBUG, INFO, WARNING or ERROR (default INFO)"),
        new("log_path", General, "File that the log is appended to, besides standard output"),
        new("file_system_poll_wait_seconds", General, "0: the configuration and the model folders are read at start only, as this version always does"),
        new("backend", General, "auto, openvino or embedded: what executes the models; auto, the default, is OpenVINO where it is found"),
        new("openvino_path", General, "OpenVINO's C library, its folder, or the root of an OpenVINO archive (default: searched)"),
        new("config_path", Multi, "Configuration file (json) of the models to serve"),
        new("model_name", Single, "Name of the model"),
        new("model_path", Single, "Folder of the model's numbered version folders, or a model file"),
        new("batch_size", Single, "Batch size: 8, -1 (any) or 1:16 (range)"),
        new("shape", Single, "Shape of the only input, (1,3,224,224), or shapes by name, {\"in\": \"(1,-1)\"}"),
        new("layout", Single, "Layout of the only input, NCHW, or layouts by name, {\"in\": \"NHWC\"}"),
        new("nireq", Single, "Inferences that run at a time; 0, the default, lets the backend choose"),
        new("target_device", Single, "Device; CPU"),
    ];

    /// <summary>Options of upstream that would do nothing here. They are refused, because an option that is silently ignored misleads.</summary>
    public static IReadOnlyList<CommandLineOption> Unsupported { get; } =
    [
        .. new[]
        {
            "grpc_workers", "grpc_max_threads", "grpc_memory_quota", "rest_workers", "grpc_channel_arguments", "sequence_cleaner_poll_wait_minutes",
            "custom_node_resources_cleaner_interval_seconds", "custom_node_resources_cleaner_interval", "cpu_extension", "cache_dir",
            "metrics_list", "trace_path", "allowed_origins", "allowed_methods", "allowed_headers", "api_key_file", "allowed_local_media_path",
            "allowed_media_domains", "model_repository_path", "source_model", "task", "gguf_filename", "weight-format",
            "extra_quantization_params", "source_loras", "model_version_policy", "plugin_config", "max_sequence_number", "mean", "scale",
            "color_format", "precision",
        }.Select(static name => new CommandLineOption(name, General, "")),
        .. new[]
        {
            "metrics_enable", "verbose_response", "allow_credentials", "pull", "overwrite_models", "configure", "list_models", "add_to_config",
            "remove_from_config", "stateful", "idle_sequence_cleanup", "low_latency_transformation",
        }.Select(static name => new CommandLineOption(name, General, "", IsFlag: true)),
    ];
}
