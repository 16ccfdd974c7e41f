using System.Runtime.CompilerServices;

namespace Ovms.Server.Logging;

/// <summary>A named source of log lines. Messages of a level that is off are not even formatted, so that they cost no allocation.</summary>
/// <param name="sink">Where lines go.</param>
/// <param name="name">Name of the logger in the line: <c>serving</c>, <c>modelmanager</c> (M§13.1).</param>
internal sealed class Logger(LogSink sink, string name)
{
    /// <summary>A logger whose every level is off.</summary>
    public static Logger None { get; } = new(LogSink.None, "none");

    /// <summary>The sink.</summary>
    public LogSink Sink => sink;

    /// <summary>Whether lines of this level are written.</summary>
    public bool IsEnabled(LogLevel level) => level >= sink.Level;

    /// <summary>Writes an interpolated message; its parts are evaluated only when the level is on.</summary>
    public void Write(
        LogLevel level,
        [InterpolatedStringHandlerArgument("", nameof(level))] ref LogMessage message,
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0)
    {
        if (message.IsEnabled)
        {
            sink.Write(level, name, file, line, message.ToStringAndClear());
        }
    }

    /// <summary>Writes a ready text.</summary>
    public void Write(LogLevel level, string message, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (IsEnabled(level))
        {
            sink.Write(level, name, file, line, message);
        }
    }
}
