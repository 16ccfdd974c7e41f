using Microsoft.Extensions.Logging;

namespace Ovms.Server.Logging;

/// <summary>Brings what Kestrel reports as an error, such as an exception that escaped a request, into the server's own log. All below is off.</summary>
/// <param name="log">Where lines go.</param>
internal sealed class FrameworkLoggerFactory(Logger log) : ILoggerFactory, ILogger
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("the server has one log");

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) =>
        logLevel is Microsoft.Extensions.Logging.LogLevel.Error or Microsoft.Extensions.Logging.LogLevel.Critical && log.IsEnabled(LogLevel.Error);

    /// <inheritdoc/>
    public void Log<TState>(
        Microsoft.Extensions.Logging.LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            log.Write(LogLevel.Error, $"{formatter(state, exception)} {exception}");
        }
    }
}
