using System;
using System.Collections.Generic;
using System.Linq;

namespace Ovms.Generators.Routing;

/// <summary>A parsed route pattern: the ways to match it, most optional parts first.</summary>
internal sealed class RoutePattern
{
    private const int MaxOptionalParts = 4;

    private RoutePattern(bool hasOptionalLead, IReadOnlyList<IReadOnlyList<RouteToken>> ways)
    {
        HasOptionalLead = hasOptionalLead;
        Ways = ways;
    }

    /// <summary>Whether one arbitrary byte may stand before the path.</summary>
    public bool HasOptionalLead { get; }

    /// <summary>Sequences of tokens; each is one way of matching.</summary>
    public IReadOnlyList<IReadOnlyList<RouteToken>> Ways { get; }

    /// <summary>Parses <paramref name="text"/>; on failure <paramref name="error"/> says why.</summary>
    public static RoutePattern? TryParse(string text, out string error)
    {
        var lead = text.StartsWith("?", StringComparison.Ordinal);
        var body = lead ? text.Substring(1) : text;
        error = body.StartsWith("/", StringComparison.Ordinal) ? string.Empty : "it must start with '/'";
        var ways = new List<List<RouteToken>> { new() };
        var position = 0;
        var optionalParts = 0;
        while (error.Length == 0 && position < body.Length)
        {
            if (body[position] != '[')
            {
                var end = body.IndexOf('[', position);
                end = end < 0 ? body.Length : end;
                var tokens = Tokens(body.Substring(position, end - position), ref error);
                ways.ForEach(way => way.AddRange(tokens));
                position = end;
                continue;
            }

            var close = body.IndexOf(']', position);
            if (close < 0 || body.IndexOf('[', position + 1, close - position) >= 0 || ++optionalParts > MaxOptionalParts)
            {
                error = close < 0 ? "'[' is not closed" : optionalParts > MaxOptionalParts ? "it has too many optional parts" : "optional parts do not nest";
                break;
            }

            var inner = Tokens(body.Substring(position + 1, close - position - 1), ref error);
            ways = ways.SelectMany(way => new[] { way.Concat(inner).ToList(), way }).ToList();
            position = close + 1;
        }

        if (error.Length == 0)
        {
            error = ways.Select(Check).FirstOrDefault(static e => e.Length > 0) ?? string.Empty;
        }

        return error.Length > 0 ? null : new RoutePattern(lead, ways.Select(Merge).ToList());
    }

    // A parameter takes as many bytes as it can. For that to find the only possible match, what follows must not be of its class.
    private static string Check(List<RouteToken> way)
    {
        for (var i = 0; i + 1 < way.Count; i++)
        {
            if (way[i].IsParameter && (way[i + 1].IsParameter || RouteToken.IsOfClass(way[i].Class, way[i + 1].Text[0])))
            {
                return $"what follows parameter '{way[i].Text}' could belong to it";
            }
        }

        var twice = way.Where(static t => t.IsParameter).GroupBy(static t => t.Text).FirstOrDefault(static g => g.Count() > 1);
        return twice is null ? string.Empty : $"parameter '{twice.Key}' occurs twice";
    }

    // Neighbouring literals become one, so that equal paths have equal tokens however the pattern was bracketed.
    private static IReadOnlyList<RouteToken> Merge(List<RouteToken> way)
    {
        var merged = new List<RouteToken>();
        foreach (var token in way)
        {
            if (!token.IsParameter && merged.Count > 0 && !merged[merged.Count - 1].IsParameter)
            {
                merged[merged.Count - 1] = RouteToken.Literal(merged[merged.Count - 1].Text + token.Text);
            }
            else
            {
                merged.Add(token);
            }
        }

        return merged;
    }

    private static List<RouteToken> Tokens(string text, ref string error)
    {
        var tokens = new List<RouteToken>();
        var position = 0;
        while (position < text.Length && error.Length == 0)
        {
            var open = text.IndexOf('{', position);
            var literal = text.Substring(position, (open < 0 ? text.Length : open) - position);
            if (literal.Any(static c => c is <= ' ' or > '~' or '}' or ']' or '?' or '#' or '"' or '\\'))
            {
                error = $"'{literal}' holds a character that cannot stand in a path";
            }

            if (literal.Length > 0)
            {
                tokens.Add(RouteToken.Literal(literal));
            }

            if (open < 0)
            {
                break;
            }

            var close = text.IndexOf('}', open);
            if (close < 0)
            {
                error = "'{' is not closed";
                break;
            }

            if (!RouteToken.TryParameter(text.Substring(open + 1, close - open - 1), out var parameter))
            {
                error = $"'{{{text.Substring(open + 1, close - open - 1)}}}' is not a parameter";
                break;
            }

            tokens.Add(parameter);
            position = close + 1;
        }

        return tokens;
    }
}
