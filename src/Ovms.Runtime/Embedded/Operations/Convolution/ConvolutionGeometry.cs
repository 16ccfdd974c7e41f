using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>A convolution with concrete sizes, widened to three spatial axes (leading axes of size 1).</summary>
internal sealed class ConvolutionGeometry
{
    /// <summary>Images.</summary>
    public required int Batch { get; init; }

    /// <summary>Groups; 1 for Convolution.</summary>
    public required int Groups { get; init; }

    /// <summary>Input channels of a group.</summary>
    public required int InputChannels { get; init; }

    /// <summary>Output channels of a group.</summary>
    public required int OutputChannels { get; init; }

    /// <summary>Depth, height, width.</summary>
    public required SpatialAxis D { get; init; }

    /// <summary>Height.</summary>
    public required SpatialAxis H { get; init; }

    /// <summary>Width, contiguous in memory.</summary>
    public required SpatialAxis W { get; init; }

    /// <summary>Input elements of one channel.</summary>
    public int InputPlane => checked(D.Input * H.Input * W.Input);

    /// <summary>Output elements of one channel.</summary>
    public int OutputPlane => checked(D.Output * H.Output * W.Output);

    /// <summary>Window positions.</summary>
    public int Taps => checked(D.Kernel * H.Kernel * W.Kernel);

    /// <summary>Whether every output position is the product of the same input position (1×1, stride 1, no padding).</summary>
    public bool IsPointwise => D.IsIdentity && H.IsIdentity && W.IsIdentity;

    /// <summary>Shape of the result.</summary>
    public required Shape Output { get; init; }

    /// <summary>Applies IR sheet §14.1 (Convolution, GroupConvolution) to concrete shapes.</summary>
    /// <exception cref="Errors.ModelLoadException">The shapes do not fit.</exception>
    public static ConvolutionGeometry Forward(GraphNode node, WindowAttributes attributes, in Shape data, in Shape filter, bool grouped)
    {
        var first = grouped ? 1 : 0;
        var spatial = data.Rank - 2;
        attributes.CheckRank(node, spatial);
        if (filter.Rank != data.Rank + first)
        {
            throw node.Error($"a kernel of shape {filter} does not fit data of shape {data}");
        }

        var groups = grouped ? filter[0] : 1;
        var (outputs, inputs) = (filter[first], filter[first + 1]);
        if (data[1] != checked(groups * inputs))
        {
            throw node.Error($"a kernel of shape {filter} does not fit data of shape {data}");
        }

        var output = new Shape(data[0], checked(groups * outputs));
        Span<SpatialAxis> axes = [SpatialAxis.Unit, SpatialAxis.Unit, SpatialAxis.Unit];
        for (var axis = 0; axis < spatial; axis++)
        {
            var resolved = SpatialAxis.Resolve(node, attributes, axis, data[axis + 2], filter[first + 2 + axis]);
            axes[3 - spatial + axis] = resolved;
            output.TryAppend(resolved.Output);
        }

        return new ConvolutionGeometry
        {
            Batch = checked((int)data[0]),
            Groups = checked((int)groups),
            InputChannels = checked((int)inputs),
            OutputChannels = checked((int)outputs),
            D = axes[0],
            H = axes[1],
            W = axes[2],
            Output = output,
        };
    }

    /// <summary>The same convolution with the plane as one long row; only when <see cref="IsPointwise"/>.</summary>
    public ConvolutionGeometry Flatten() => new()
    {
        Batch = Batch,
        Groups = Groups,
        InputChannels = InputChannels,
        OutputChannels = OutputChannels,
        D = SpatialAxis.Unit,
        H = SpatialAxis.Unit,
        W = SpatialAxis.Unit with { Input = InputPlane, Output = OutputPlane },
        Output = Output,
    };
}
