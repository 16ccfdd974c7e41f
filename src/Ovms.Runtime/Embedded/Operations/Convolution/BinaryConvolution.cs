using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>BinaryConvolution-1: signs of data against a kernel of bits, one up for each agreement and one down for each difference.</summary>
/// <remarks>As OpenVINO's CPU device computes it (conformance vectors): positive data are 1, all other 0; the first bit of the kernel is the lowest
/// of the first byte; padding of value 0 counts for nothing, other padding by its sign.</remarks>
internal sealed class BinaryConvolution : Operation
{
    private readonly WindowAttributes _attributes;
    private readonly float _padding;

    public BinaryConvolution(GraphNode node)
        : base(node)
    {
        _attributes = new WindowAttributes(node, needsDilations: true);
        _padding = (float)node.Attributes.GetFloat("pad_value");
        var mode = node.Attributes.GetEnum("mode", "xnor-popcount");
        if (mode != "xnor-popcount")
        {
            throw node.Error($"attribute mode=\"{mode}\" is not known");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, filter) = (context.Input(0), context.Input(1));
        if (data.Type != ElementType.F32 || filter.Type != ElementType.U1 || data.Shape.Rank != 4)
        {
            throw Node.Error($"data {data.Shape} of {data.Type.IrName()} does not go with a kernel of {filter.Type.IrName()}");
        }

        context.SetOutput(0, ElementType.F32, Geometry(context).Output);
        return true;
    }

    /// <inheritdoc/>
    public override void Prepare(OperationContext context) => context.State = Geometry(context);

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var geometry = (ConvolutionGeometry)context.State!;
        var data = context.Input(0).As<float>();
        var bits = context.Input(1).Bytes;
        var output = context.Output(0).As<float>();
        var plane = geometry.OutputPlane;
        var imageFloats = geometry.InputChannels * geometry.InputPlane;
        for (var i = 0; i < output.Length; i++)
        {
            var (position, channel) = (i % plane, i / plane % geometry.OutputChannels);
            var image = data.Slice(i / plane / geometry.OutputChannels * imageFloats, imageFloats);
            output[i] = Sum(geometry, image, bits, channel * geometry.InputChannels * geometry.Taps, position);
        }
    }

    private ConvolutionGeometry Geometry(OperationContext context) =>
        ConvolutionGeometry.Forward(Node, _attributes, context.Input(0).Shape, context.Input(1).Shape, grouped: false);

    private int Sum(ConvolutionGeometry geometry, ReadOnlySpan<float> image, ReadOnlySpan<byte> bits, int bit, int position)
    {
        var (h, w) = (geometry.H, geometry.W);
        var (top, left) = (((long)(position / w.Output) * h.Stride) - h.PadBegin, ((long)(position % w.Output) * w.Stride) - w.PadBegin);
        var sum = 0;
        for (var channel = 0; channel < geometry.InputChannels; channel++)
        {
            var plane = image.Slice(channel * geometry.InputPlane, geometry.InputPlane);
            for (var kh = 0; kh < h.Kernel; kh++)
            {
                var y = top + ((long)kh * h.Dilation);
                for (var kw = 0; kw < w.Kernel; kw++, bit++)
                {
                    var x = left + ((long)kw * w.Dilation);
                    var isInside = y >= 0 && y < h.Input && x >= 0 && x < w.Input;
                    if (isInside || _padding != 0)
                    {
                        var isPositive = (isInside ? plane[(int)((y * w.Input) + x)] : _padding) > 0;
                        sum += isPositive == (((bits[bit >> 3] >> (bit & 7)) & 1) != 0) ? 1 : -1;
                    }
                }
            }
        }

        return sum;
    }
}
