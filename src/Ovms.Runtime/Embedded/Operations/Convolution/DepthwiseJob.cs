using Ovms.Runtime.Embedded.Kernels;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>A running f32 convolution whose groups have one input channel: each output channel directly from its input channel.</summary>
internal sealed unsafe class DepthwiseJob : IParallelWork
{
    // Multiply-adds below which one thread is faster (some 20 µs).
    private const long ParallelThreshold = 200_000;

    private ConvolutionGeometry _geometry = null!;
    private GemmEpilogue _epilogue = GemmEpilogue.None;
    private float* _data;
    private float* _filter;
    private float* _result;
    private int _parts;

    /// <summary>Convolves all images.</summary>
    public void Execute(ConvolutionGeometry geometry, float* data, float* filter, float* result, GemmEpilogue epilogue, WorkerPool workers)
    {
        (_geometry, _epilogue) = (geometry, epilogue);
        _data = data;
        _filter = filter;
        _result = result;
        var channels = checked(geometry.Batch * geometry.Groups * geometry.OutputChannels);
        _parts = (long)channels * geometry.OutputPlane * geometry.Taps < ParallelThreshold ? 1 : Math.Min(channels, workers.Width);
        if (_parts > 1)
        {
            workers.Run(this, _parts);
        }
        else
        {
            Run(0);
        }
    }

    public void Run(int part)
    {
        var geometry = _geometry;
        var outputs = geometry.Groups * geometry.OutputChannels;
        var channels = (long)geometry.Batch * outputs;
        var end = (int)(channels * (part + 1) / _parts);
        for (var channel = (int)(channels * part / _parts); channel < end; channel++)
        {
            // SAFETY: channel counts output planes of all images; the tensors have the sizes of the geometry and the request keeps them.
            var filterChannel = channel % outputs;
            var source = _data + ((nint)(channel / geometry.OutputChannels) * geometry.InputPlane);
            var target = _result + ((nint)channel * geometry.OutputPlane);
            DepthwiseKernel.Convolve(geometry, source, _filter + ((nint)filterChannel * geometry.Taps), target);
            if (!_epilogue.IsEmpty)
            {
                _epilogue.Apply(new Span<float>(target, geometry.OutputPlane), filterChannel, 0);
            }
        }
    }
}
