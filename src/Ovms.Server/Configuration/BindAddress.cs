using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Ovms.Server.Configuration;

/// <summary>Addresses of listening ports: an IP literal or a host name (M§1.2, A.8).</summary>
internal static partial class BindAddress
{
    private const int MaxLength = 255;

    /// <summary>Whether the text may be used: digits and dots must be an IPv4 address, text with a colon an IPv6 address without a zone,
    /// anything else a host name.</summary>
    public static bool IsValid(string text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return false;
        }

        if (text.Contains(':', StringComparison.Ordinal))
        {
            return !text.Contains('%', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal)
                && IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        }

        return DigitsAndDots().IsMatch(text)
            ? text.Count(static c => c == '.') == 3 && IPAddress.TryParse(text, out _)
            : HostName().IsMatch(text);
    }

    /// <summary>The address to bind: the literal, or the first address of the host name.</summary>
    /// <exception cref="SocketException">The name has no address.</exception>
    public static async Task<IPAddress> ResolveAsync(string text, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(text, out var address))
        {
            return address;
        }

        var found = await Dns.GetHostAddressesAsync(text, cancellationToken);
        return Array.Find(found, static a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
    }

    [GeneratedRegex("^[0-9.]+$")]
    private static partial Regex DigitsAndDots();

    [GeneratedRegex("^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$")]
    private static partial Regex HostName();
}
