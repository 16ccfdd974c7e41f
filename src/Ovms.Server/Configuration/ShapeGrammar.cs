using System.Globalization;
using System.Text.RegularExpressions;
using Ovms.Runtime.Tensors;

namespace Ovms.Server.Configuration;

/// <summary>Reads shapes and batch sizes as operators write them (M§5.1, grammar of releases 22.1 and later).</summary>
internal static partial class ShapeGrammar
{
    /// <summary>Reads <c>(1,-1,3:10)</c>: sizes, −1 for any, <c>min:max</c> with max above min. Spaces do not matter.</summary>
    public static bool TryParseShape(string text, out PartialShape? shape)
    {
        shape = null;
        var clean = text.Replace(" ", "", StringComparison.Ordinal);
        if (clean.Length < 2 || clean[0] != '(' || clean[^1] != ')')
        {
            return false;
        }

        var parts = clean[1..^1].Split(',');
        if (parts.Length > Shape.MaxRank)
        {
            return false;
        }

        var dimensions = new Dimension[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!TryParseDimension(parts[i], minOfRange: 0, strict: true, out dimensions[i]))
            {
                return false;
            }
        }

        shape = new PartialShape(dimensions);
        return true;
    }

    /// <summary>Reads <c>8</c>, <c>-1</c>, <c>1:10</c>. 0 is "unset" and the caller's to treat.</summary>
    public static bool TryParseBatchSize(string text, out Dimension batchSize) =>
        TryParseDimension(text.Trim(), minOfRange: 1, strict: false, out batchSize);

    private static bool TryParseDimension(string text, long minOfRange, bool strict, out Dimension dimension)
    {
        dimension = Dimension.Any;
        if (text == "-1")
        {
            return true;
        }

        var match = DimensionText().Match(text);
        if (!match.Success || !TryParseSize(match.Groups[1].Value, out var min))
        {
            return false;
        }

        if (!match.Groups[2].Success)
        {
            dimension = Dimension.Fixed(min);
            return true;
        }

        // Upstream lets max < min pass for batch sizes, which no request can satisfy; here both refuse it.
        if (!TryParseSize(match.Groups[2].Value, out var max) || min < minOfRange || max < min || (strict && max == min))
        {
            return false;
        }

        dimension = new Dimension(min, max);
        return true;
    }

    private static bool TryParseSize(string text, out long size)
    {
        var parsed = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        size = value;
        return parsed;
    }

    [GeneratedRegex("^([0-9]+)(?::([0-9]+))?$", RegexOptions.CultureInvariant)]
    private static partial Regex DimensionText();
}
