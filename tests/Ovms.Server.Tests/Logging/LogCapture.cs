using System.Text;
using Ovms.Server.Logging;

namespace Ovms.Server.Tests.Logging;

/// <summary>A log that a test reads.</summary>
internal sealed class LogCapture : IDisposable
{
    private readonly MemoryStream _stream = new();

    public LogCapture(LogLevel level = LogLevel.Trace, TimeProvider? time = null)
    {
        Sink = new LogSink(level, _stream, null, time ?? TimeProvider.System);
        Logger = new Logger(Sink, "test");
    }

    public LogSink Sink { get; }

    public Logger Logger { get; }

    public string Text => Encoding.UTF8.GetString(_stream.ToArray());

    public void Dispose() => Sink.Dispose();
}
