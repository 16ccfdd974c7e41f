using System.Globalization;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Server.Configuration;
using Ovms.Server.Dispatch;
using Ovms.Server.Logging;

namespace Ovms.Server.Models;

/// <summary>Loads one version of a model with the configured names, shapes, batch size and layouts (M§3.4, §5.2, §5.3, §5.6).</summary>
internal sealed class ModelLoader(IInferenceBackend backend, ModelRepository repository, Logger log)
{
    /// <summary>Loads a version.</summary>
    /// <param name="settings">The model's settings.</param>
    /// <param name="source">The version.</param>
    /// <param name="released">Called when the last request on it has ended and its memory is free.</param>
    /// <exception cref="ModelStatusException">It cannot be served.</exception>
    public ServableVersion Load(ModelSettings settings, ModelVersionSource source, Action released)
    {
        var file = repository.FindModelFile(settings.Name, source);
        var mapping = NameMapping.Read(settings.Name, Path.GetDirectoryName(file)!, log);
        var model = Compile(new ModelSource { Path = file }, ModelStatusException.ModelNotLoaded);
        try
        {
            var signature = mapping.Apply(model.Signature);
            if (ChangedShapes(settings, mapping, signature, model.Signature) is { Count: > 0 } shapes)
            {
                // Names and native shapes are known only after reading, so a reshaped model is read twice.
                model.Dispose();
                model = Compile(new ModelSource { Path = file, InputShapes = shapes }, ModelStatusException.ReshapeError);
                signature = mapping.Apply(model.Signature);
            }

            log.Write(LogLevel.Info, $"Model {settings.Name}; version: {source.Version}; backend: {model.BackendName}{(model.Details.Length > 0 ? "; " : "")}{model.Details}");
            signature = ModelLayouts.Apply(settings, mapping, signature);
            return new ServableVersion(settings.Name, source.Version, model, signature, checked((int)settings.RequestCount), released);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    // By the model's own names, only what differs from the file.
    private static Dictionary<string, PartialShape> ChangedShapes(
        ModelSettings settings, NameMapping mapping, ModelSignature signature, ModelSignature native)
    {
        if (settings.AnonymousShape is not null && signature.Inputs.Count > 1)
        {
            throw new ModelStatusException(ModelStatusException.AnonymousShape);
        }

        foreach (var name in settings.Shapes.Keys)
        {
            if (!signature.Inputs.Any(i => i.Name == name))
            {
                throw new ModelStatusException(
                    mapping.IsReplaced(name) ? ModelStatusException.ShapeRealName : ModelStatusException.ShapeNotInModel, $"no input has the name {name}");
            }
        }

        var changed = new Dictionary<string, PartialShape>(StringComparer.Ordinal);
        foreach (var input in signature.Inputs)
        {
            var wanted = settings.Shapes.GetValueOrDefault(input.Name) ?? settings.AnonymousShape ?? WithBatch(settings, input);
            if (!wanted.Equals(input.Shape))
            {
                changed.Add(native.Inputs[input.Index].Name, wanted);
            }
        }

        return changed;
    }

    private static PartialShape WithBatch(ModelSettings settings, TensorDescriptor input)
    {
        if (settings.BatchSize is not { } batch || !input.Shape.IsRankKnown)
        {
            return input.Shape;
        }

        var axis = ModelLayouts.BatchAxis(settings, input);
        if (axis < 0 || axis >= input.Shape.Rank)
        {
            return input.Shape;
        }

        var dimensions = input.Shape.Dims.ToArray();
        dimensions[axis] = batch;
        return new PartialShape(dimensions);
    }

    private CompiledModel Compile(ModelSource source, string status)
    {
        try
        {
            return backend.Load(source);
        }
        catch (ModelLoadException error)
        {
            var shapes = string.Join(", ", source.InputShapes.Select(static s => s.Key + " " + s.Value));
            var suffix = shapes.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (with {shapes})");
            throw new ModelStatusException(status, error.Message + suffix, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            throw new ModelStatusException(status, error.Message, error);
        }
    }
}
