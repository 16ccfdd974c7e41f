using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>A window sliding along one spatial axis, with concrete sizes.</summary>
/// <param name="Input">Input size.</param>
/// <param name="Output">Output size.</param>
/// <param name="Kernel">Window positions.</param>
/// <param name="Stride">Step of the window.</param>
/// <param name="Dilation">Distance between window positions.</param>
/// <param name="PadBegin">Padding before the first element.</param>
/// <param name="PadEnd">Padding after the last element.</param>
internal readonly record struct SpatialAxis(int Input, int Output, int Kernel, int Stride, int Dilation, int PadBegin, int PadEnd)
{
    /// <summary>An axis of size 1 that changes nothing; fills up to three axes.</summary>
    public static SpatialAxis Unit => new(1, 1, 1, 1, 1, 0, 0);

    /// <summary>Whether output and input positions are the same.</summary>
    public bool IsIdentity => Kernel == 1 && Stride == 1 && PadBegin == 0 && PadEnd == 0;

    /// <summary>Applies IR sheet §12.2 to one axis.</summary>
    /// <exception cref="Errors.ModelLoadException">The window does not fit.</exception>
    public static SpatialAxis Resolve(GraphNode node, WindowAttributes attributes, int axis, long input, long kernel)
    {
        var (stride, dilation) = (attributes.Stride(axis), attributes.Dilation(axis));
        var (begin, end) = attributes.Pads(axis);
        if (kernel is < 1 or > int.MaxValue)
        {
            throw node.Error($"a kernel of size {kernel} is not supported");
        }

        var extent = ((kernel - 1) * dilation) + 1;
        long output;
        switch (attributes.AutoPad)
        {
            case AutoPad.Explicit:
            case AutoPad.Valid:
                if (attributes.AutoPad == AutoPad.Valid)
                {
                    (begin, end) = (0, 0);
                }

                var room = input + begin + end - extent;
                if (room < 0)
                {
                    throw node.Error($"the window of {extent} does not fit an input of {input} with pads {begin} and {end}");
                }

                output = Round(attributes.Rounding, room, stride, input + begin);
                break;
            default:
                output = (input + stride - 1) / stride;
                var total = Math.Max(((output - 1) * stride) + extent - input, 0);
                (begin, end) = attributes.AutoPad == AutoPad.SameUpper ? (total / 2, total - (total / 2)) : (total - (total / 2), total / 2);
                break;
        }

        return new SpatialAxis(checked((int)input), checked((int)output), (int)kernel, checked((int)stride), checked((int)dilation), checked((int)begin), checked((int)end));
    }

    private static long Round(PoolRounding rounding, long room, long stride, long begunInput)
    {
        var output = ((rounding == PoolRounding.Floor ? room : room + stride - 1) / stride) + 1;
        return rounding == PoolRounding.CeilTorch && (output - 1) * stride >= begunInput ? output - 1 : output;
    }
}
