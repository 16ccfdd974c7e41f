using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>Sizes of a transposed convolution: the geometry of the forward convolution that it reverses (input and output exchanged).</summary>
internal static class BackpropGeometry
{
    /// <summary>Applies IR sheet §14.1 (ConvolutionBackpropData, GroupConvolutionBackpropData) to concrete shapes.</summary>
    /// <returns>A geometry whose inputs are this operation's outputs and whose outputs are its inputs; <see cref="ConvolutionGeometry.Output"/>
    /// is the shape of the result.</returns>
    /// <param name="node">The layer.</param>
    /// <param name="attributes">Window.</param>
    /// <param name="outputPadding">Per spatial axis; empty for zeros.</param>
    /// <param name="data">Shape of the data.</param>
    /// <param name="filter">Shape of the kernel.</param>
    /// <param name="wanted">Spatial output shape, or empty.</param>
    /// <param name="grouped">Whether the kernel has a group dimension.</param>
    /// <exception cref="Errors.ModelLoadException">The shapes do not fit.</exception>
    public static ConvolutionGeometry Resolve(
        GraphNode node, WindowAttributes attributes, long[] outputPadding, in Shape data, in Shape filter, ReadOnlySpan<long> wanted, bool grouped)
    {
        var first = grouped ? 1 : 0;
        var spatial = data.Rank - 2;
        attributes.CheckRank(node, spatial);
        if (filter.Rank != data.Rank + first || (outputPadding.Length != 0 && outputPadding.Length != spatial) || (!wanted.IsEmpty && wanted.Length != spatial))
        {
            throw node.Error($"a kernel of shape {filter} does not fit data of shape {data}, or output_padding or the output shape has another rank");
        }

        var groups = grouped ? filter[0] : 1;
        var (inputs, outputs) = (filter[first], filter[first + 1]);
        if (data[1] != checked(groups * inputs))
        {
            throw node.Error($"a kernel of shape {filter} does not fit data of shape {data}");
        }

        var output = new Shape(data[0], checked(groups * outputs));
        Span<SpatialAxis> axes = [SpatialAxis.Unit, SpatialAxis.Unit, SpatialAxis.Unit];
        for (var axis = 0; axis < spatial; axis++)
        {
            var resolved = Axis(
                node,
                attributes,
                axis,
                data[axis + 2],
                filter[first + 2 + axis],
                outputPadding.Length == 0 ? 0 : outputPadding[axis],
                wanted.IsEmpty ? null : wanted[axis]);
            axes[3 - spatial + axis] = resolved;
            output.TryAppend(resolved.Input);
        }

        return new ConvolutionGeometry
        {
            Batch = checked((int)data[0]),
            Groups = checked((int)groups),
            InputChannels = checked((int)outputs),
            OutputChannels = checked((int)inputs),
            D = axes[0],
            H = axes[1],
            W = axes[2],
            Output = output,
        };
    }

    private static SpatialAxis Axis(GraphNode node, WindowAttributes attributes, int axis, long input, long kernel, long outputPadding, long? wanted)
    {
        var (stride, dilation) = (attributes.Stride(axis), attributes.Dilation(axis));
        var (begin, end) = attributes.Pads(axis);
        if (kernel is < 1 or > int.MaxValue)
        {
            throw node.Error($"a kernel of size {kernel} is not supported");
        }

        var full = ((input - 1) * stride) + ((kernel - 1) * dilation) + 1;
        long output;
        if (wanted is not { } size)
        {
            output = full - begin - end + outputPadding;
        }
        else
        {
            output = size;
            if (attributes.AutoPad is AutoPad.SameUpper or AutoPad.SameLower)
            {
                var total = Math.Max(full - size + outputPadding, 0);
                (begin, end) = attributes.AutoPad == AutoPad.SameLower ? (total / 2, total - (total / 2)) : (total - (total / 2), total / 2);
            }
        }

        if (output < 1 || input < 1)
        {
            throw node.Error($"an input of {input} gives an output of {output}");
        }

        return new SpatialAxis(checked((int)output), checked((int)input), (int)kernel, (int)stride, (int)dilation, checked((int)begin), checked((int)end));
    }
}
