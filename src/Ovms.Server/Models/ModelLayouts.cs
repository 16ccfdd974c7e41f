using Ovms.Runtime.Inference;
using Ovms.Server.Configuration;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Models;

/// <summary>Puts configured layouts over those of the file (M§5.6, meaning of releases 22.1 and later: a layout declares, it transposes nothing).</summary>
internal static class ModelLayouts
{
    /// <summary>The signature with the configured layouts.</summary>
    /// <exception cref="ModelStatusException">A layout names no tensor or does not fit one.</exception>
    public static ModelSignature Apply(ModelSettings settings, NameMapping mapping, ModelSignature signature)
    {
        if (settings.AnonymousLayout is not null && signature.Inputs.Count > 1)
        {
            throw new ModelStatusException(ModelStatusException.AnonymousLayout);
        }

        foreach (var name in settings.Layouts.Keys)
        {
            if (!signature.Inputs.Concat(signature.Outputs).Any(t => t.Name == name))
            {
                throw new ModelStatusException(
                    mapping.IsReplaced(name) ? ModelStatusException.LayoutRealName : ModelStatusException.LayoutNotInModel,
                    $"no input or output has the name {name}");
            }
        }

        return new ModelSignature
        {
            Inputs = [.. signature.Inputs.Select(i => WithLayout(i, LayoutOf(settings, i, isInput: true)))],
            Outputs = [.. signature.Outputs.Select(o => WithLayout(o, LayoutOf(settings, o, isInput: false)))],
        };
    }

    /// <summary>The batch axis of an input under the configured layout, or under the file's.</summary>
    public static int BatchAxis(ModelSettings settings, TensorDescriptor input) =>
        LayoutOf(settings, input, isInput: true)?.BatchAxis ?? TensorLayout.BatchAxisOf(input);

    private static TensorLayout? LayoutOf(ModelSettings settings, TensorDescriptor tensor, bool isInput) =>
        settings.Layouts.GetValueOrDefault(tensor.Name) ?? (isInput ? settings.AnonymousLayout : null);

    private static TensorDescriptor WithLayout(TensorDescriptor tensor, TensorLayout? layout)
    {
        if (layout is null)
        {
            return tensor;
        }

        if (tensor.Shape.IsRankKnown && !layout.FitsRank(tensor.Shape.Rank))
        {
            throw new ModelStatusException(
                ModelStatusException.LayoutIncompatible, $"layout {layout.Text} does not fit {tensor.Name} {tensor.Shape}");
        }

        return new TensorDescriptor
        {
            Index = tensor.Index,
            Name = tensor.Name,
            Names = tensor.Names,
            Type = tensor.Type,
            Shape = tensor.Shape,
            Layout = layout.Text,
        };
    }
}
