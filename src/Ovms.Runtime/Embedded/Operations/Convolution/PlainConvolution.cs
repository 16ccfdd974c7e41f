using System.Numerics;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>Convolution by plain loops, for f64 and integers. Integers wrap.</summary>
internal static class PlainConvolution
{
    /// <summary>Convolves all images: every kernel value is added along output rows.</summary>
    public static void Run<T>(OperationContext context, ConvolutionGeometry geometry)
        where T : unmanaged, INumberBase<T>
    {
        ReadOnlySpan<T> data = context.Input(0).As<T>();
        ReadOnlySpan<T> filter = context.Input(1).As<T>();
        var result = context.Output(0).As<T>();
        var outputs = geometry.Groups * geometry.OutputChannels;
        var taps = geometry.Taps;
        result.Clear();
        for (var plane = 0; plane < geometry.Batch * outputs; plane++)
        {
            var target = result.Slice(plane * geometry.OutputPlane, geometry.OutputPlane);
            var firstChannel = plane / geometry.OutputChannels * geometry.InputChannels;
            for (var channel = 0; channel < geometry.InputChannels; channel++)
            {
                AddPlane(
                    geometry,
                    data.Slice((firstChannel + channel) * geometry.InputPlane, geometry.InputPlane),
                    filter.Slice(((plane % outputs * geometry.InputChannels) + channel) * taps, taps),
                    target);
            }
        }
    }

    private static void AddPlane<T>(ConvolutionGeometry geometry, ReadOnlySpan<T> source, ReadOnlySpan<T> filter, Span<T> target)
        where T : unmanaged, INumberBase<T>
    {
        var (d, h, w) = (geometry.D, geometry.H, geometry.W);
        for (var i = 0; i < target.Length; i++)
        {
            var (x, y, z) = (i % w.Output, i / w.Output % h.Output, i / w.Output / h.Output);
            var sum = target[i];
            var tap = 0;
            for (var kd = 0; kd < d.Kernel; kd++)
            {
                for (var kh = 0; kh < h.Kernel; kh++)
                {
                    for (var kw = 0; kw < w.Kernel; kw++, tap++)
                    {
                        var inputZ = ((long)z * d.Stride) - d.PadBegin + ((long)kd * d.Dilation);
                        var inputY = ((long)y * h.Stride) - h.PadBegin + ((long)kh * h.Dilation);
                        var inputX = ((long)x * w.Stride) - w.PadBegin + ((long)kw * w.Dilation);
                        if (inputZ >= 0 && inputZ < d.Input && inputY >= 0 && inputY < h.Input && inputX >= 0 && inputX < w.Input)
                        {
                            sum += source[(int)((((inputZ * h.Input) + inputY) * w.Input) + inputX)] * filter[tap];
                        }
                    }
                }
            }

            target[i] = sum;
        }
    }
}
