namespace Ovms.Server.Grpc;

/// <summary>Reads <c>grpc-timeout</c>: one to eight digits and a unit.</summary>
/// <remarks>Source: gRPC over HTTP/2, <c>Timeout → "grpc-timeout" TimeoutValue TimeoutUnit</c>.</remarks>
internal static class GrpcTimeout
{
    private const int MaxDigits = 8;

    /// <summary>Gives the timeout; longer ones than <see cref="TimeSpan"/> holds become its largest value.</summary>
    /// <returns>False for any other text.</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > MaxDigits + 1)
        {
            return false;
        }

        long value = 0;
        foreach (var digit in text[..^1])
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + (digit - '0');
        }

        // 99,999,999 hours are 3.6e18 ticks: within the 9.2e18 of a TimeSpan.
        switch (text[^1])
        {
            case (byte)'H':
                timeout = new TimeSpan(value * TimeSpan.TicksPerHour);
                return true;
            case (byte)'M':
                timeout = new TimeSpan(value * TimeSpan.TicksPerMinute);
                return true;
            case (byte)'S':
                timeout = new TimeSpan(value * TimeSpan.TicksPerSecond);
                return true;
            case (byte)'m':
                timeout = new TimeSpan(value * TimeSpan.TicksPerMillisecond);
                return true;
            case (byte)'u':
                timeout = new TimeSpan(value * TimeSpan.TicksPerMicrosecond);
                return true;
            case (byte)'n':
                // Rounded up: a positive timeout does not become "already over".
                timeout = new TimeSpan((value + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick);
                return true;
            default:
                return false;
        }
    }
}
