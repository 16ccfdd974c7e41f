using Ovms.Runtime.Embedded.Operations.Convolution;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Pooling;

/// <summary>A pool with concrete sizes, widened to three spatial axes.</summary>
internal sealed class PoolGeometry
{
    /// <summary>Planes: images × channels.</summary>
    public required int Planes { get; init; }

    /// <summary>Depth.</summary>
    public required SpatialAxis D { get; init; }

    /// <summary>Height.</summary>
    public required SpatialAxis H { get; init; }

    /// <summary>Width, contiguous in memory.</summary>
    public required SpatialAxis W { get; init; }

    /// <summary>Shape of the result.</summary>
    public required Shape Output { get; init; }

    /// <summary>Input elements of one plane.</summary>
    public int InputPlane => checked(D.Input * H.Input * W.Input);

    /// <summary>Output elements of one plane.</summary>
    public int OutputPlane => checked(D.Output * H.Output * W.Output);

    /// <summary>Window positions.</summary>
    public int Taps => checked(D.Kernel * H.Kernel * W.Kernel);

    /// <summary>Whether any side is padded.</summary>
    public bool IsPadded => IsAxisPadded(D) || IsAxisPadded(H) || IsAxisPadded(W);

    /// <summary>Applies IR sheet §14.3 to a concrete shape.</summary>
    /// <exception cref="Errors.ModelLoadException">The shapes do not fit.</exception>
    public static PoolGeometry Resolve(GraphNode node, WindowAttributes attributes, long[] kernel, in Shape data)
    {
        var spatial = data.Rank - 2;
        attributes.CheckRank(node, spatial);
        if (kernel.Length != spatial)
        {
            throw node.Error($"attribute kernel needs {spatial} values");
        }

        var output = new Shape(data[0], data[1]);
        Span<SpatialAxis> axes = [SpatialAxis.Unit, SpatialAxis.Unit, SpatialAxis.Unit];
        for (var axis = 0; axis < spatial; axis++)
        {
            var resolved = SpatialAxis.Resolve(node, attributes, axis, data[axis + 2], kernel[axis]);
            axes[3 - spatial + axis] = resolved;
            output.TryAppend(resolved.Output);
        }

        return new PoolGeometry { Planes = checked((int)(data[0] * data[1])), D = axes[0], H = axes[1], W = axes[2], Output = output };
    }

    /// <summary>Window positions of output index <paramref name="i"/> that lie inside the input: count, and input index of the first.</summary>
    public static (int Start, int Count) Clip(in SpatialAxis axis, int i)
    {
        var start = ((long)i * axis.Stride) - axis.PadBegin;
        var first = start >= 0 ? 0 : (-start + axis.Dilation - 1) / axis.Dilation;
        var end = start >= axis.Input ? 0 : Math.Min(axis.Kernel, ((axis.Input - 1 - start) / axis.Dilation) + 1);
        return first >= end ? (0, 0) : ((int)(start + (first * axis.Dilation)), (int)(end - first));
    }

    private static bool IsAxisPadded(in SpatialAxis axis) => axis.PadBegin != 0 || axis.PadEnd != 0;
}
