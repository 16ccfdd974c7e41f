using System.Globalization;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Models.Graph;

/// <summary>Attributes of one layer as texts, read with IR syntax (IR sheet §3). Errors name the layer.</summary>
public sealed class AttributeBag
{
    private readonly Dictionary<string, string> _values;
    private readonly Func<string, ModelLoadException> _error;

    /// <summary>Wraps the attributes of a layer; <paramref name="error"/> makes the exception that names it.</summary>
    public AttributeBag(Dictionary<string, string> values, Func<string, ModelLoadException> error)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(error);
        (_values, _error) = (values, error);
    }

    /// <summary>Whether the attribute is written.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>The raw text, or null.</summary>
    public string? Find(string name) => _values.GetValueOrDefault(name);

    /// <summary>A text attribute, lower-cased (enums are compared without case).</summary>
    public string GetEnum(string name, string defaultValue) => Find(name)?.Trim().ToLowerInvariant() ?? defaultValue;

    /// <summary>A text attribute as written.</summary>
    public string GetText(string name, string? defaultValue = null) => Find(name) ?? defaultValue ?? throw Missing(name);

    /// <summary>An integer; the default holds when it is not written; without a default it is required.</summary>
    public long GetInt(string name, long? defaultValue = null)
    {
        var text = Find(name);
        return text is null ? defaultValue ?? throw Missing(name) : ParseInt(name, text);
    }

    /// <summary>A floating-point number; <c>inf</c>, <c>-inf</c> and <c>nan</c> in lower case are accepted.</summary>
    public double GetFloat(string name, double? defaultValue = null)
    {
        var text = Find(name);
        return text is null ? defaultValue ?? throw Missing(name) : ParseFloat(name, text);
    }

    /// <summary><c>true</c>, <c>false</c>, <c>1</c> or <c>0</c>, in any case.</summary>
    public bool GetBool(string name, bool? defaultValue = null)
    {
        var text = Find(name)?.Trim();
        return text switch
        {
            null => defaultValue ?? throw Missing(name),
            "1" => true,
            "0" => false,
            _ when text.Equals("true", StringComparison.OrdinalIgnoreCase) => true,
            _ when text.Equals("false", StringComparison.OrdinalIgnoreCase) => false,
            _ => throw _error($"attribute {name}=\"{text}\" is not a boolean"),
        };
    }

    /// <summary>A comma-separated list of integers; empty when not written and <paramref name="required"/> is false.</summary>
    public long[] GetInts(string name, bool required = false) =>
        Find(name) is { } text ? Array.ConvertAll(Split(text), item => ParseInt(name, item)) : required ? throw Missing(name) : [];

    /// <summary>A comma-separated list of numbers; empty when not written and <paramref name="required"/> is false.</summary>
    public float[] GetFloats(string name, bool required = false) =>
        Find(name) is { } text ? Array.ConvertAll(Split(text), item => (float)ParseFloat(name, item)) : required ? throw Missing(name) : [];

    /// <summary>A comma-separated list of texts, trimmed.</summary>
    public string[] GetTexts(string name) => Find(name) is { } text ? Split(text) : [];

    /// <summary>An element type such as <c>f32</c>.</summary>
    public ElementType GetElementType(string name, ElementType? defaultValue = null)
    {
        var text = Find(name)?.Trim();
        return text is null ? defaultValue ?? throw Missing(name)
            : ElementTypes.TryParse(text, out var type) ? type
            : throw _error($"attribute {name}=\"{text}\" is not an element type");
    }

    private static string[] Split(string text) => string.IsNullOrWhiteSpace(text) ? [] : text.Split(',', StringSplitOptions.TrimEntries);

    private long ParseInt(string name, string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw _error($"attribute {name}=\"{text}\" is not an integer");

    private double ParseFloat(string name, string text) => text.Trim() switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        "nan" => double.NaN,
        var number when double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) => value,
        _ => throw _error($"attribute {name}=\"{text}\" is not a number"),
    };

    private ModelLoadException Missing(string name) => _error($"attribute {name} is missing");
}
