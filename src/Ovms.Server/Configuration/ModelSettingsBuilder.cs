using System.Text.Json;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;
using Ovms.Server.Logging;

namespace Ovms.Server.Configuration;

/// <summary>Collects the parameters of one model in the texts and JSON values in which they are given, and checks them (M§2.3, §5.1).</summary>
/// <param name="log">Told of warnings.</param>
/// <param name="isStrict">True for the command line, where an unparsable shape is fatal; in a file it is ignored with a warning.</param>
internal sealed class ModelSettingsBuilder(Logger log, bool isStrict)
{
    private readonly Dictionary<string, PartialShape> _shapes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorLayout> _layouts = new(StringComparer.Ordinal);
    private PartialShape? _shape;
    private TensorLayout? _layout;
    private Dimension? _batchSize;

    /// <summary>The first reason why the model cannot be served as asked; null while there is none.</summary>
    public string? Error { get; private set; }

    /// <summary>Infer requests.</summary>
    public uint RequestCount { get; set; }

    /// <summary>Notes a reason why the model cannot be served as asked.</summary>
    public void Fail(string error) => Error ??= error;

    /// <summary>Takes a batch size.</summary>
    public void SetBatchSize(string text)
    {
        if (text.Equals("auto", StringComparison.Ordinal))
        {
            Fail("batch_size auto is not supported by this version of the server; use -1 or a range for a dynamic batch size");
        }
        else if (!ShapeGrammar.TryParseBatchSize(text, out var batchSize))
        {
            log.Write(LogLevel.Warning, "Wrong batch size parameter provided. Model batch size will be set to default.");
        }
        else if (batchSize != Dimension.Fixed(0))
        {
            _batchSize = batchSize;
        }
    }

    /// <summary>Takes the shape of the only input.</summary>
    public void SetShape(string text) => _shape = ParseShape(text) ?? _shape;

    /// <summary>Takes the layout of the only input.</summary>
    public void SetLayout(string text) => _layout = ParseLayout(text) ?? _layout;

    /// <summary>Takes a shape or layout as the command line gives it: a value, or a JSON object by name.</summary>
    public void SetFromCommandLine(string option, string text)
    {
        var isShape = option == "shape";
        if (isShape ? text.StartsWith('(') || text == "auto" : !text.TrimStart().StartsWith('{'))
        {
            if (isShape)
            {
                SetShape(text);
            }
            else
            {
                SetLayout(text);
            }

            return;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            SetObject(option, document.RootElement);
        }
        catch (JsonException)
        {
            FailFormat(isShape);
        }
    }

    /// <summary>Takes an object of shapes or layouts by name.</summary>
    public void SetObject(string option, JsonElement value)
    {
        var isShape = option == "shape";
        if (value.ValueKind != JsonValueKind.Object)
        {
            FailFormat(isShape);
            return;
        }

        foreach (var member in value.EnumerateObject())
        {
            // Releases up to 2021.4 also took arrays of sizes.
            var text = member.Value.ValueKind switch
            {
                JsonValueKind.String => member.Value.GetString()!,
                JsonValueKind.Array when isShape => "(" + string.Join(',', member.Value.EnumerateArray().Select(static e => e.GetRawText())) + ")",
                _ => "",
            };
            if (isShape && ParseShape(text) is { } shape)
            {
                _shapes[member.Name] = shape;
            }
            else if (!isShape && ParseLayout(text) is { } layout)
            {
                _layouts[member.Name] = layout;
            }
        }
    }

    /// <summary>The settings; valid when <see cref="Error"/> is null afterwards.</summary>
    public ModelSettings Build(string name, string basePath)
    {
        if (RequestCount > ModelSettings.MaxRequestCount)
        {
            Fail("Nireq parameter too high - Exceeded allowed nireq value");
        }

        if (_batchSize is not null && (_shape is not null || _shapes.Count > 0))
        {
            log.Write(LogLevel.Warning, "Both shape and batch size have been defined. Batch size parameter will be ignored.");
            _batchSize = null;
        }

        return new ModelSettings
        {
            Name = name,
            BasePath = basePath,
            RequestCount = RequestCount,
            BatchSize = _batchSize,
            AnonymousShape = _shape,
            Shapes = _shapes,
            AnonymousLayout = _layout,
            Layouts = _layouts,
        };
    }

    private void FailFormat(bool isShape) =>
        Fail(isShape ? ServingStatusTable.Text(ServingStatus.ShapeWrongFormat) : "The provided layout is in wrong format");

    private PartialShape? ParseShape(string text)
    {
        if (text.Equals("auto", StringComparison.Ordinal))
        {
            Fail("shape auto is not supported by this version of the server; use -1 or ranges for dynamic dimensions");
            return null;
        }

        if (ShapeGrammar.TryParseShape(text, out var shape))
        {
            return shape;
        }

        log.Write(LogLevel.Warning, $"There was an error parsing shape {text}");
        if (isStrict)
        {
            FailFormat(isShape: true);
        }

        return null;
    }

    private TensorLayout? ParseLayout(string text)
    {
        var parts = text.Split(':');
        if (parts.Length > 2 || !TensorLayout.TryParse(parts[0], out var layout) || (parts.Length == 2 && !TensorLayout.TryParse(parts[1], out _)))
        {
            FailFormat(isShape: false);
            return null;
        }

        if (parts.Length == 2 && !TensorLayout.SameText(parts[0], parts[1]))
        {
            Fail($"layout {text} asks for a transposition, which is not supported by this version of the server");
            return null;
        }

        return layout;
    }
}
