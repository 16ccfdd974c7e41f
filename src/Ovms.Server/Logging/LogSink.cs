using System.Globalization;
using System.Text;

namespace Ovms.Server.Logging;

/// <summary>Where log lines go: standard output and, with <c>--log_path</c>, a file that is appended to. Safe from any thread.</summary>
/// <remarks>Line: <c>[YYYY-MM-DD HH:MM:SS.mmm][thread][logger][level][file:line] message</c>, local time (M§13.1); scrapers rely on it.
/// A line is one write to each stream, so that lines of two threads never mix.</remarks>
internal sealed class LogSink : IDisposable
{
    private static readonly string[] s_levelNames = ["trace", "debug", "info", "warning", "error", "critical", "off"];

    private readonly Lock _gate = new();
    private readonly Stream _console;
    private readonly FileStream? _file;
    private readonly TimeProvider _time;

    /// <summary>A sink on standard output and an optional file.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public LogSink(LogLevel level, string? filePath)
        : this(level, Console.OpenStandardOutput(), filePath, TimeProvider.System)
    {
    }

    /// <summary>A sink on a given stream, which it owns.</summary>
    public LogSink(LogLevel level, Stream console, string? filePath, TimeProvider time)
    {
        Level = level;
        _console = console;
        _time = time;
        if (!string.IsNullOrEmpty(filePath))
        {
            _file = new FileStream(filePath, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        }
    }

    /// <summary>A sink that writes nothing.</summary>
    public static LogSink None { get; } = new(LogLevel.Off, Stream.Null, null, TimeProvider.System);

    /// <summary>Least level that is written.</summary>
    public LogLevel Level { get; }

    /// <summary>Writes one line to every stream and flushes it.</summary>
    public void Write(LogLevel level, string logger, string file, int line, ReadOnlySpan<char> message)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"[{_time.GetLocalNow():yyyy-MM-dd HH:mm:ss.fff}][{Environment.CurrentManagedThreadId}][{logger}][{s_levelNames[(int)level]}][{Path.GetFileName(file)}:{line}] {message}\n");
        var bytes = Encoding.UTF8.GetBytes(text);
        lock (_gate)
        {
            WriteTo(_console, bytes);
            if (_file is not null)
            {
                WriteTo(_file, bytes);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _console.Dispose();
        _file?.Dispose();
    }

    // A closed pipe or a full disk must not take the server down; there is nowhere left to report it.
    private static void WriteTo(Stream stream, byte[] bytes)
    {
        try
        {
            stream.Write(bytes);
            stream.Flush();
        }
        catch (IOException)
        {
        }
    }
}
