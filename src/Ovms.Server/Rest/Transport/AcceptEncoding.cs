using System.Globalization;

namespace Ovms.Server.Rest.Transport;

/// <summary>Reads <c>Accept-Encoding</c> (RFC 9110 §12.5.3).</summary>
internal static class AcceptEncoding
{
    /// <summary>True when gzip is named with a weight above zero; <c>*</c> alone does not ask for it (W§0.3: only when asked).</summary>
    public static bool AllowsGzip(ReadOnlySpan<char> value)
    {
        foreach (var range in value.Split(','))
        {
            var item = value[range].Trim();
            var semicolon = item.IndexOf(';');
            var name = (semicolon < 0 ? item : item[..semicolon]).Trim();
            if (name.Equals("gzip", StringComparison.OrdinalIgnoreCase) || name.Equals("x-gzip", StringComparison.OrdinalIgnoreCase))
            {
                return semicolon < 0 || Weight(item[(semicolon + 1)..].Trim()) > 0;
            }
        }

        return false;
    }

    private static double Weight(ReadOnlySpan<char> parameter) =>
        parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
            && double.TryParse(parameter[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight)
            ? weight
            : 1;
}
