using Ovms.Runtime.Inference;

namespace Ovms.Server.Configuration;

/// <summary>Checks the command line top to bottom; the first failure is what the operator reads (M§1.4).</summary>
internal static class ServerOptionsValidator
{
    private const uint MaxPort = 65535;

    /// <summary>The text of the first failure, or null.</summary>
    public static string? Validate(ServerOptions options)
    {
        var hasConfig = options.ConfigPath.Length > 0;
        var hasName = options.ModelName.Length > 0;
        var hasPath = options.ModelPath.Length > 0;
        if (hasConfig && (hasName || hasPath))
        {
            return "Use either config_path or model_path with model_name";
        }

        if (!hasConfig && !(hasName && hasPath))
        {
            return "Use config_path or model_path with model_name";
        }

        // Upstream forgets layout here and ignores it silently.
        if (hasConfig && (options.BatchSize.Length > 0 || options.Shape.Length > 0 || options.Layout.Length > 0
            || options.TargetDevice.Length > 0 || options.RequestCount > 0))
        {
            return "Model parameters in CLI are exclusive with the config file";
        }

        return ValidatePorts(options) ?? ValidateRest(options);
    }

    private static string? ValidatePorts(ServerOptions options)
    {
        if (options is { Port: 0, RestPort: 0 })
        {
            return "port and rest_port cannot both be unset";
        }

        if (options.Port > MaxPort)
        {
            return "port number out of range from 0 to 65535";
        }

        if (options.RestPort > MaxPort)
        {
            return "rest_port number out of range from 0 to 65535";
        }

        if (!BindAddress.IsValid(options.RestBindAddress))
        {
            return "rest_bind_address has invalid format: proper hostname or IP address expected.";
        }

        if (!BindAddress.IsValid(options.GrpcBindAddress))
        {
            return "grpc_bind_address has invalid format: proper hostname or IP address expected.";
        }

        return options.Port == options.RestPort ? "port and rest_port cannot have the same values" : null;
    }

    private static string? ValidateRest(ServerOptions options)
    {
        if (!ServerOptions.TryGetLevel(options.LogLevelText, out _))
        {
            return "log_level should be one of: TRACE, DEBUG, INFO, WARNING, ERROR";
        }

        if (!BackendSelector.TryParse(options.Backend, out var backend))
        {
            return "backend should be one of: auto, openvino, embedded";
        }

        if (backend == BackendChoice.Embedded && options.OpenVinoPath.Length > 0)
        {
            return "openvino_path cannot be used with backend embedded";
        }

        return options.TargetDevice is "" or "CPU"
            ? null
            : $"target_device {options.TargetDevice} is not supported by this version of the server; supported: CPU";
    }
}
