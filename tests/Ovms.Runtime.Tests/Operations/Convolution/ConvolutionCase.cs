namespace Ovms.Runtime.Tests.Operations.Convolution;

/// <summary>Sizes of one convolution, and its result by the definition in double precision.</summary>
internal sealed record ConvolutionCase(
    int Batch, int Groups, int Inputs, int Outputs, int[] Input, int[] Filter, int[] Stride, int[] Dilation, int[] Begin, int[] End)
{
    public int DataCount => Batch * Groups * Inputs * Product(Input);

    public int FilterCount => Groups * Outputs * Inputs * Product(Filter);

    public double[] Convolve(float[] data, float[] filter)
    {
        var rank = Input.Length;
        var output = new int[rank];
        for (var axis = 0; axis < rank; axis++)
        {
            output[axis] = ((Input[axis] + Begin[axis] + End[axis] - ((Filter[axis] - 1) * Dilation[axis]) - 1) / Stride[axis]) + 1;
        }

        var (plane, taps, inputPlane) = (Product(output), Product(Filter), Product(Input));
        var result = new double[Batch * Groups * Outputs * plane];
        for (var i = 0; i < result.Length; i++)
        {
            var (position, channel) = (i % plane, i / plane % (Groups * Outputs));
            var (group, image) = (channel / Outputs, i / plane / (Groups * Outputs));
            for (var tap = 0; tap < taps; tap++)
            {
                var offset = Offset(position, tap, output);
                for (var c = 0; offset >= 0 && c < Inputs; c++)
                {
                    result[i] += (double)data[((((image * Groups) + group) * Inputs) + c) * inputPlane + offset] * filter[(((channel * Inputs) + c) * taps) + tap];
                }
            }
        }

        return result;
    }

    public override string ToString() =>
        $"{Batch}x{Groups}x{Inputs}->{Outputs} in [{string.Join(',', Input)}] k [{string.Join(',', Filter)}] s [{string.Join(',', Stride)}] d [{string.Join(',', Dilation)}] p [{string.Join(',', Begin)}][{string.Join(',', End)}]";

    // Input position of a tap at an output position, or −1 in the padding.
    private int Offset(int position, int tap, int[] output)
    {
        var (offset, step) = (0, 1);
        for (var axis = Input.Length - 1; axis >= 0; axis--)
        {
            var at = (position % output[axis] * Stride[axis]) - Begin[axis] + (tap % Filter[axis] * Dilation[axis]);
            if (at < 0 || at >= Input[axis])
            {
                return -1;
            }

            offset += at * step;
            step *= Input[axis];
            position /= output[axis];
            tap /= Filter[axis];
        }

        return offset;
    }

    private static int Product(int[] values) => values.Aggregate(1, static (a, b) => a * b);
}
