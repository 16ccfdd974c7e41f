using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>A running deformable convolution: samples all taps of a block of positions, then multiplies them by the kernel.</summary>
internal sealed unsafe class DeformableJob : IParallelWork
{
    // SAFETY (whole class): tensors have the sizes that Infer checked, scratch memory is PartFloats for every part, and the request keeps them
    // all. Positions of a sample are checked against the plane.
    private DeformableLayout _layout = null!;
    private float* _data;
    private float* _offsets;
    private float* _filter;
    private float* _mask;
    private float* _result;
    private float* _scratch;

    /// <summary>Convolves all images; <paramref name="mask"/> may be null.</summary>
    public void Execute(
        DeformableLayout layout, float* data, float* offsets, float* filter, float* mask, float* result, float* scratch, WorkerPool workers)
    {
        _layout = layout;
        _data = data;
        _offsets = offsets;
        _filter = filter;
        _mask = mask;
        _result = result;
        _scratch = scratch;
        if (layout.Parts > 1)
        {
            workers.Run(this, layout.Parts);
        }
        else
        {
            Run(0);
        }
    }

    public void Run(int part)
    {
        var layout = _layout;
        var columns = _scratch + ((nint)part * layout.PartFloats);
        var end = (int)((long)layout.Blocks * (part + 1) / layout.Parts);
        for (var block = (int)((long)layout.Blocks * part / layout.Parts); block < end; block++)
        {
            var (image, first) = (block / layout.BlocksOfImage, block % layout.BlocksOfImage * DeformableLayout.Block);
            var count = Math.Min(DeformableLayout.Block, layout.Geometry.OutputPlane - first);
            if (count < DeformableLayout.Block)
            {
                // The unused end of a last block takes part in the sums.
                new Span<float>(columns, layout.PartFloats).Clear();
            }

            Sample(image, first, count, columns);
            Multiply(image, first, count, columns);
        }
    }

    private void Sample(int image, int first, int count, float* columns)
    {
        var geometry = _layout.Geometry;
        var (taps, plane) = (geometry.Taps, geometry.OutputPlane);
        var channels = geometry.Groups * geometry.InputChannels;
        var channelsOfGroup = channels / _layout.OffsetGroups;
        for (var group = 0; group < _layout.OffsetGroups; group++)
        {
            for (var tap = 0; tap < taps; tap++)
            {
                // Vertical offsets of a tap, then its horizontal ones.
                var at = (((nint)image * _layout.OffsetGroups) + group) * taps + tap;
                var offsets = _offsets + (2 * at * plane) + first;
                var mask = _mask is null ? null : _mask + (at * plane) + first;
                var source = _data + (((nint)image * channels) + (group * channelsOfGroup)) * geometry.InputPlane;
                var target = columns + ((((nint)group * channelsOfGroup * taps) + tap) * DeformableLayout.Block);
                for (var i = 0; i < count; i++)
                {
                    var (y, x) = ((first + i) / geometry.W.Output, (first + i) % geometry.W.Output);
                    var row = (((long)y * geometry.H.Stride) - geometry.H.PadBegin + ((long)(tap / geometry.W.Kernel) * geometry.H.Dilation)) + offsets[i];
                    var column = (((long)x * geometry.W.Stride) - geometry.W.PadBegin + ((long)(tap % geometry.W.Kernel) * geometry.W.Dilation)) + offsets[plane + i];
                    Column(source, target + i, row, column, mask is null ? 1f : mask[i], channelsOfGroup);
                }
            }
        }
    }

    // The samples of one tap at one position in all channels that share the offset.
    private void Column(float* source, float* target, float y, float x, float weight, int channels)
    {
        var geometry = _layout.Geometry;
        var (height, width) = (geometry.H.Input, geometry.W.Input);
        var step = (nint)geometry.Taps * DeformableLayout.Block;
        var isInside = _layout.PadsSamples ? y > -1 && x > -1 && y < height && x < width : y >= 0 && x >= 0 && y < height && x < width;
        if (!isInside)
        {
            for (var channel = 0; channel < channels; channel++, target += step)
            {
                *target = 0;
            }

            return;
        }

        var (top, left) = ((int)MathF.Floor(y), (int)MathF.Floor(x));
        var (bottom, right) = (top + 1, left + 1);
        var (down, across) = (y - top, x - left);
        var (w11, w12) = ((1 - down) * (1 - across) * weight, (1 - down) * across * weight);
        var (w21, w22) = (down * (1 - across) * weight, down * across * weight);
        if (!_layout.PadsSamples)
        {
            (bottom, right) = (Math.Min(bottom, height - 1), Math.Min(right, width - 1));
        }

        // A corner in the padding counts as zero: its weight is dropped and any element read in its place.
        (w11, w12, top) = top < 0 ? (0, 0, 0) : (w11, w12, top);
        (w21, w22, bottom) = bottom >= height ? (0, 0, 0) : (w21, w22, bottom);
        (w11, w21, left) = left < 0 ? (0, 0, 0) : (w11, w21, left);
        (w12, w22, right) = right >= width ? (0, 0, 0) : (w12, w22, right);
        var (p11, p12) = (((nint)top * width) + left, ((nint)top * width) + right);
        var (p21, p22) = (((nint)bottom * width) + left, ((nint)bottom * width) + right);
        for (var channel = 0; channel < channels; channel++, target += step, source += geometry.InputPlane)
        {
            *target = (w11 * source[p11]) + (w12 * source[p12]) + (w21 * source[p21]) + (w22 * source[p22]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(int image, int first, int count, float* columns)
    {
        var geometry = _layout.Geometry;
        var outputs = geometry.Groups * geometry.OutputChannels;
        var depth = geometry.InputChannels * geometry.Taps;
        for (var output = 0; output < outputs; output++)
        {
            var weights = _filter + ((nint)output * depth);
            var samples = columns + ((nint)(output / geometry.OutputChannels) * depth * DeformableLayout.Block);
            Vector256<float> a = default, b = default, c = default, d = default;
            for (var i = 0; i < depth; i++, samples += DeformableLayout.Block)
            {
                var weight = Vector256.Create(weights[i]);
                a = Vector256.MultiplyAddEstimate(weight, Vector256.Load(samples), a);
                b = Vector256.MultiplyAddEstimate(weight, Vector256.Load(samples + 8), b);
                c = Vector256.MultiplyAddEstimate(weight, Vector256.Load(samples + 16), c);
                d = Vector256.MultiplyAddEstimate(weight, Vector256.Load(samples + 24), d);
            }

            var target = _result + ((((nint)image * outputs) + output) * geometry.OutputPlane) + first;
            if (count == DeformableLayout.Block)
            {
                a.Store(target);
                b.Store(target + 8);
                c.Store(target + 16);
                d.Store(target + 24);
                continue;
            }

            for (var i = 0; i < count; i++)
            {
                target[i] = (i < 8 ? a : i < 16 ? b : i < 24 ? c : d).GetElement(i & 7);
            }
        }
    }
}
