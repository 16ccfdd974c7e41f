using System.Globalization;
using System.Runtime.CompilerServices;

namespace Ovms.Server.Logging;

/// <summary>The interpolated message of one log line; formats nothing when its level is off.</summary>
[InterpolatedStringHandler]
internal ref struct LogMessage
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>Called by the compiler at the place of the message.</summary>
    public LogMessage(int literalLength, int formattedCount, Logger logger, LogLevel level, out bool isEnabled)
    {
        IsEnabled = isEnabled = logger.IsEnabled(level);
        if (isEnabled)
        {
            _text = new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Whether the message was formatted.</summary>
    public bool IsEnabled { get; }

    /// <summary>Appends fixed text.</summary>
    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    /// <summary>Appends a value.</summary>
    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <summary>Appends a value in a format.</summary>
    public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

    /// <summary>The text; the handler is empty afterwards.</summary>
    public string ToStringAndClear() => _text.ToStringAndClear();
}
