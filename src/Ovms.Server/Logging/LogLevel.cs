namespace Ovms.Server.Logging;

/// <summary>Severity of a log line (M§13.1). Levels below the chosen one are off.</summary>
internal enum LogLevel
{
    Trace = 0,
    Debug,
    Info,
    Warning,
    Error,
    Critical,

    /// <summary>Nothing is logged.</summary>
    Off,
}
