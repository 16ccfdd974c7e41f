using Ovms.Runtime.Embedded.Kernels;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>A running f32 convolution as products <c>kernel[Cout, Cin·taps] · windows[Cin·taps, positions]</c>, one per image and group.</summary>
/// <remarks>The window matrix never exists as a whole: each panel of it is gathered from the image when it is needed.</remarks>
internal sealed unsafe class ConvolutionJob : GemmJob
{
    // SAFETY (whole class): pointers refer to the request's tensors and stay inside them: WindowPacker clips every run to the image.
    private ConvolutionGeometry _geometry = null!;
    private PackedPanels? _packed;
    private float* _data;
    private float* _filter;
    private float* _result;

    /// <summary>Convolves; <paramref name="packed"/> holds one left matrix per group, or is null and <paramref name="filter"/> is packed on the way.</summary>
    public void Execute(
        GemmLayout layout,
        ConvolutionGeometry geometry,
        PackedPanels? packed,
        float* data,
        float* filter,
        float* result,
        GemmEpilogue epilogue,
        float* scratch,
        WorkerPool workers)
    {
        (_geometry, _packed) = (geometry, packed);
        _data = data;
        _filter = filter;
        _result = result;
        Execute(layout, epilogue, scratch, workers);
    }

    protected override float* PackedLeft(int batch) => _packed!.Data + (batch % _geometry.Groups * (nint)_packed.Stride);

    protected override float* PackedRight(int batch) => throw new InvalidOperationException("windows are never packed ahead");

    protected override void PackLeft(int batch, int row, int rows, int k, int depth, float* target) =>
        PanelPacker.Transpose(_filter + ((((nint)(batch % _geometry.Groups) * Layout.M) + row) * Layout.K) + k, Layout.K, rows, depth, target, rows);

    protected override void PackRight(int batch, int column, int columns, int width, int k, int depth, float* target)
    {
        var image = _data + ((nint)batch * _geometry.InputChannels * _geometry.InputPlane);
        if (_geometry.Taps == 1 && _geometry.IsPointwise)
        {
            PanelPacker.Copy(image + ((nint)k * _geometry.InputPlane) + column, _geometry.InputPlane, columns, depth, target, width);
        }
        else
        {
            WindowPacker.Pack(_geometry, image, column, columns, width, k, depth, target);
        }
    }

    protected override float* Result(int batch, int part) => _result + ((nint)batch * Layout.M * Layout.N);

    protected override int BiasRow(int batch) => batch % _geometry.Groups * Layout.M;
}
