using System.Text;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Rest;

/// <summary>Error answers of all REST endpoints (W§3.2).</summary>
internal static class RestErrorWriter
{
    /// <summary>Answers <c>{"error":"MESSAGE"}</c>.</summary>
    public static ValueTask WriteAsync(RestExchange exchange, in ServingFault fault) =>
        RestResponse.SendAsync(exchange, ServingStatusTable.HttpCode(fault.Status), "{\"error\":\"" + Escape(fault.Message) + "\"}");

    /// <summary>Answers in the form of the config endpoints: LF and TAB inside (W§3.8).</summary>
    public static ValueTask WriteConfigAsync(RestExchange exchange, in ServingFault fault) =>
        RestResponse.SendAsync(exchange, ServingStatusTable.HttpCode(fault.Status), "{\n\t\"error\": \"" + Escape(fault.Message) + "\"\n}");

    /// <summary>Escapes what JSON strings must not contain.</summary>
    public static string Escape(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 && text.AsSpan().IndexOfAny('"', '\\') < 0)
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => escaped.Append("\\\""),
                '\\' => escaped.Append("\\\\"),
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                '\b' => escaped.Append("\\b"),
                '\f' => escaped.Append("\\f"),
                < ' ' => escaped.Append("\\u").Append(((int)c).ToString("x4", System.Globalization.CultureInfo.InvariantCulture)),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }
}
