using Ovms.Server.Logging;

namespace Ovms.Server.Configuration;

/// <summary>What the command line asks for, as given (M§1.2, §1.3). Checked by <see cref="ServerOptionsValidator"/>. Immutable.</summary>
internal sealed record ServerOptions
{
    /// <summary>gRPC port; 0 = off, the default of release 25.1 and later.</summary>
    public uint Port { get; init; }

    /// <summary>REST port; 0 = off.</summary>
    public uint RestPort { get; init; }

    /// <summary>Address of the gRPC port.</summary>
    public string GrpcBindAddress { get; init; } = "0.0.0.0";

    /// <summary>Address of the REST port.</summary>
    public string RestBindAddress { get; init; } = "0.0.0.0";

    /// <summary>Level as written; see <see cref="TryGetLevel"/>.</summary>
    public string LogLevelText { get; init; } = "INFO";

    /// <summary>File that log lines are appended to; empty for none.</summary>
    public string LogPath { get; init; } = "";

    /// <summary>Configuration file of several models; empty in single-model mode.</summary>
    public string ConfigPath { get; init; } = "";

    /// <summary>Name in single-model mode.</summary>
    public string ModelName { get; init; } = "";

    /// <summary>Base path in single-model mode.</summary>
    public string ModelPath { get; init; } = "";

    /// <summary>Infer requests of the single model; 0 = automatic.</summary>
    public uint RequestCount { get; init; }

    /// <summary>Batch size of the single model, as written.</summary>
    public string BatchSize { get; init; } = "";

    /// <summary>Shape of the single model, as written.</summary>
    public string Shape { get; init; } = "";

    /// <summary>Layout of the single model, as written.</summary>
    public string Layout { get; init; } = "";

    /// <summary>Device of the single model, as written.</summary>
    public string TargetDevice { get; init; } = "";

    /// <summary>Execution provider, as written: <c>auto</c>, <c>openvino</c>, <c>embedded</c>.</summary>
    public string Backend { get; init; } = "auto";

    /// <summary>Where OpenVINO's library is; empty to search.</summary>
    public string OpenVinoPath { get; init; } = "";

    /// <summary>Every option given, for the log at level DEBUG.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Given { get; init; } = [];

    /// <summary>Reads a level; case matters (M§1.2).</summary>
    public static bool TryGetLevel(string text, out LogLevel level)
    {
        level = text switch
        {
            "TRACE" => LogLevel.Trace,
            "DEBUG" => LogLevel.Debug,
            "INFO" => LogLevel.Info,
            "WARNING" => LogLevel.Warning,
            "ERROR" => LogLevel.Error,
            _ => LogLevel.Off,
        };
        return level != LogLevel.Off;
    }
}
