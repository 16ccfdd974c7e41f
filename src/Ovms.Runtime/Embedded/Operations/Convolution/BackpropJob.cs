using Ovms.Runtime.Embedded.Kernels;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>A running f32 transposed convolution. A batch of the product is one image, group and chunk of output channels.</summary>
/// <remarks>Its geometry is that of the reversed convolution: "input" planes are what is computed, "output" planes are the data.</remarks>
internal sealed unsafe class BackpropJob : GemmJob
{
    // SAFETY (whole class): pointers refer to the request's tensors and scratch memory; rows and runs are clipped to the planes of the geometry.
    private ConvolutionGeometry _geometry = null!;
    private PackedPanels? _packed;
    private int _chunk;
    private float* _data;
    private float* _filter;
    private float* _result;
    private float* _products;
    private int _partFloats;

    /// <summary>Convolves.</summary>
    public void Execute(
        GemmLayout layout,
        ConvolutionGeometry geometry,
        int chunk,
        PackedPanels? packed,
        float* data,
        float* filter,
        float* result,
        float* scratch,
        float* products,
        int partFloats,
        WorkerPool workers)
    {
        (_geometry, _packed, _chunk, _partFloats) = (geometry, packed, chunk, partFloats);
        _data = data;
        _filter = filter;
        _result = result;
        _products = products;
        Execute(layout, GemmEpilogue.None, scratch, workers);
    }

    /// <summary>Packs rows of the transposed kernel <c>[chunk · taps, channels]</c> of one group and chunk.</summary>
    public static void PackFilter(ConvolutionGeometry geometry, int chunk, float* filter, int matrix, int row, int rows, int k, int depth, float* target)
    {
        var chunks = geometry.InputChannels / chunk;
        var (group, part) = (matrix / chunks, matrix % chunks);
        var ld = (nint)geometry.InputChannels * geometry.Taps;
        var source = filter + ((((nint)group * geometry.OutputChannels) + k) * ld) + ((nint)part * chunk * geometry.Taps) + row;
        PanelPacker.Copy(source, ld, rows, depth, target, rows);
    }

    protected override float* PackedLeft(int batch) => _packed!.Data + (Matrix(batch) * (nint)_packed.Stride);

    protected override float* PackedRight(int batch) => throw new InvalidOperationException("data are never packed ahead");

    protected override void PackLeft(int batch, int row, int rows, int k, int depth, float* target) =>
        PackFilter(_geometry, _chunk, _filter, Matrix(batch), row, rows, k, depth, target);

    protected override void PackRight(int batch, int column, int columns, int width, int k, int depth, float* target)
    {
        var chunks = _geometry.InputChannels / _chunk;
        var source = _data + ((((nint)(batch / chunks) * _geometry.OutputChannels) + k) * _geometry.OutputPlane) + column;
        PanelPacker.Copy(source, _geometry.OutputPlane, columns, depth, target, width);
    }

    protected override float* Result(int batch, int part) => _products + ((nint)part * _partFloats);

    protected override void Finish(int batch, int part)
    {
        var (taps, plane) = (_geometry.Taps, _geometry.InputPlane);
        var target = _result + ((nint)batch * _chunk * plane);
        var product = Result(batch, part);
        new Span<float>(target, checked(_chunk * plane)).Clear();
        for (var channel = 0; channel < _chunk; channel++, target += plane)
        {
            for (var tap = 0; tap < taps; tap++, product += _geometry.OutputPlane)
            {
                AddTap(product, target, tap);
            }
        }
    }

    private int Matrix(int batch) => batch % (_geometry.Groups * (_geometry.InputChannels / _chunk));

    private void AddTap(float* product, float* target, int tap)
    {
        var (d, h, w) = (_geometry.D, _geometry.H, _geometry.W);
        var offsetX = ((long)(tap % w.Kernel) * w.Dilation) - w.PadBegin;
        var offsetY = ((long)(tap / w.Kernel % h.Kernel) * h.Dilation) - h.PadBegin;
        var offsetZ = ((long)(tap / w.Kernel / h.Kernel) * d.Dilation) - d.PadBegin;
        var first = offsetX >= 0 ? 0 : (-offsetX + w.Stride - 1) / w.Stride;
        var end = Math.Min(w.Output, offsetX >= w.Input ? 0 : ((w.Input - 1 - offsetX) / w.Stride) + 1);
        if (first >= end)
        {
            return;
        }

        for (var z = 0; z < d.Output; z++)
        {
            var outputZ = ((long)z * d.Stride) + offsetZ;
            for (var y = 0; y < h.Output; y++)
            {
                var outputY = ((long)y * h.Stride) + offsetY;
                if (outputZ < 0 || outputZ >= d.Input || outputY < 0 || outputY >= h.Input)
                {
                    continue;
                }

                var source = product + ((((nint)z * h.Output) + y) * w.Output);
                var row = target + ((((nint)outputZ * h.Input) + (nint)outputY) * w.Input) + (nint)offsetX;
                for (var x = (nint)first; x < (nint)end; x++)
                {
                    row[x * w.Stride] += source[x];
                }
            }
        }
    }
}
