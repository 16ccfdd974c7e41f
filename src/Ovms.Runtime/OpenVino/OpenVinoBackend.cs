using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Native;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.OpenVino;

/// <summary>Executes models by the OpenVINO runtime: IR, ONNX, TensorFlow, TensorFlow Lite and PaddlePaddle files, on any of its devices.</summary>
/// <remarks>The library and its core belong to the process, so there is nothing to dispose. Models with states are refused until states can be
/// kept per sequence: served as they are, one client would see another's.</remarks>
public sealed class OpenVinoBackend(OpenVinoLibrary library) : IInferenceBackend
{
    /// <inheritdoc/>
    public string Name => "openvino";

    /// <summary>The library in use.</summary>
    public OpenVinoLibrary Library { get; } = library ?? throw new ArgumentNullException(nameof(library));

    /// <inheritdoc/>
    /// <remarks>Which front ends are installed shows when a file is read.</remarks>
    public bool CanRead(string path) => Path.GetExtension(path) is ".xml" or ".onnx" or ".pdmodel" or ".pb" or ".tflite";

    /// <inheritdoc/>
    public CompiledModel Load(ModelSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var facts = IsIr(source.Path) ? IrFacts.Read(source.Path) : null;
        if (facts?.StateLayer is { } layer)
        {
            throw new ModelLoadException($"the model keeps state between inferences (layer '{layer}'); the OpenVINO backend does not support that yet");
        }

        try
        {
            return LoadNative(source, facts);
        }
        catch (OvException exception)
        {
            throw new ModelLoadException($"OpenVINO {Library.Release}, device {source.Device}: {exception.Message}", exception);
        }
    }

    private OpenVinoModel LoadNative(ModelSource source, IrFacts? facts)
    {
        var api = Library.Api;
        using var model = api.ReadModel(Library.Core, ModelPath(source.Path));
        if (source.InputShapes.Count > 0)
        {
            Reshape(api, model, source.InputShapes);
        }

        var inputs = api.ReadPorts(model, outputs: false);
        var outputs = api.ReadPorts(model, outputs: true);
        CheckSizes(inputs, "input");
        CheckSizes(outputs, "output");
        var compiled = api.Compile(Library.Core, model, source.Device, Properties(source));
        try
        {
            var signature = new ModelSignature
            {
                Inputs = OpenVinoSignature.Describe(api, model, inputs, api.ReadPorts(compiled, outputs: false), facts?.Inputs, outputs: false),
                Outputs = OpenVinoSignature.Describe(api, model, outputs, api.ReadPorts(compiled, outputs: true), facts?.Outputs, outputs: true),
            };
            var result = new OpenVinoModel(api, compiled, signature);
            result.ChooseCallMode();
            return result;
        }
        catch
        {
            compiled.Dispose();
            throw;
        }
    }

    private static void Reshape(OvApi api, OvModelHandle model, IReadOnlyDictionary<string, PartialShape> shapes)
    {
        foreach (var (name, shape) in shapes)
        {
            if (api.FindPort(model, name, outputs: false) is null)
            {
                throw new ModelLoadException($"a shape is given for input {name}, which the model does not have");
            }

            if (!shape.IsRankKnown)
            {
                throw new ModelLoadException($"input {name} cannot be given a shape of any rank");
            }
        }

        api.Reshape(model, [.. shapes]);
    }

    private static void CheckSizes(OvPort[] ports, string kind)
    {
        for (var i = 0; i < ports.Length; i++)
        {
            OpenVinoSignature.CheckSize($"{kind} {ports[i].AnyName ?? $"{i}"}", ports[i].Type ?? ElementType.U8, ports[i].Shape);
        }
    }

    // Booleans are written YES and NO: releases before 2025 take nothing else (C§7).
    private static List<KeyValuePair<string, string>> Properties(ModelSource source)
    {
        var properties = new List<KeyValuePair<string, string>>();
        foreach (var (key, value) in source.PluginConfig)
        {
            var text = value.Equals("true", StringComparison.OrdinalIgnoreCase) ? "YES" : value.Equals("false", StringComparison.OrdinalIgnoreCase) ? "NO" : value;
            properties.Add(new(key, text));
        }

        AddDefault("CACHE_DIR", source.CacheDir);
        AddDefault("INFERENCE_NUM_THREADS", source.InferenceThreads > 0 ? source.InferenceThreads.ToString(System.Globalization.CultureInfo.InvariantCulture) : null);
        return properties;

        void AddDefault(string key, string? value)
        {
            if (value is not null && !source.PluginConfig.ContainsKey(key))
            {
                properties.Add(new(key, value));
            }
        }
    }

    // A SavedModel is its folder; a frozen graph is its file (M§3.2).
    private static string ModelPath(string path) =>
        Path.GetFileName(path) == "saved_model.pb" && Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder ? folder : path;

    private static bool IsIr(string path) => path.EndsWith(".xml", StringComparison.OrdinalIgnoreCase);
}
