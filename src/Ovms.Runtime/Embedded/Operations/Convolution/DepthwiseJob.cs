using Ovms.Runtime.Embedded.Kernels;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>A running f32 convolution whose groups have one input channel: each output channel directly from its input channel.</summary>
internal sealed unsafe class DepthwiseJob : IParallelWork
{
    private DepthwiseLayout _layout = null!;
    private DepthwiseKernel _kernel = null!;
    private GemmEpilogue _epilogue = GemmEpilogue.None;
    private float* _data;
    private float* _filter;
    private float* _result;
    private float* _scratch;

    /// <summary>Convolves all images.</summary>
    /// <param name="layout">Sizes.</param>
    /// <param name="kernel">The kernel the layout was made for.</param>
    /// <param name="data">The images.</param>
    /// <param name="filter">One kernel per output channel.</param>
    /// <param name="result">The result.</param>
    /// <param name="epilogue">What is done to the result; row biases only.</param>
    /// <param name="scratch"><see cref="DepthwiseLayout.PartFloats"/> for every part.</param>
    /// <param name="workers">Threads.</param>
    public void Execute(
        DepthwiseLayout layout, DepthwiseKernel kernel, float* data, float* filter, float* result, GemmEpilogue epilogue, float* scratch, WorkerPool workers)
    {
        (_layout, _kernel, _epilogue) = (layout, kernel, epilogue);
        _data = data;
        _filter = filter;
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
        var (layout, geometry) = (_layout, _layout.Geometry);
        var outputs = geometry.Groups * geometry.OutputChannels;
        var end = (int)((long)layout.Channels * (part + 1) / layout.Parts);

        // SAFETY: channels count output planes of all images; the tensors have the sizes of the geometry, the scratch memory PartFloats for every
        // part, and the request keeps them all. The offsets are an array kept by the layout.
        var copy = _scratch + ((nint)part * layout.PartFloats);
        new Span<float>(copy, layout.CopyFloats).Clear();
        fixed (nint* offsets = layout.Offsets)
        {
            var band = new DepthwiseBand
            {
                Offsets = offsets,
                Taps = geometry.Taps,
                Source = copy,
                SourcePitch = layout.Pitch,
                TargetPitch = geometry.W.Output,
                Low = _epilogue.Low,
                High = _epilogue.High,
            };
            for (var channel = (int)((long)layout.Channels * part / layout.Parts); channel < end; channel++)
            {
                var filterChannel = channel % outputs;
                band.Weights = _filter + ((nint)filterChannel * geometry.Taps);
                band.Bias = _epilogue.RowBias is null ? 0f : _epilogue.RowBias[filterChannel];
                var source = _data + ((nint)(channel / geometry.OutputChannels) * geometry.InputPlane);
                Convolve(layout, source, _result + ((nint)channel * geometry.OutputPlane), copy, ref band);
            }
        }
    }

    private void Convolve(DepthwiseLayout layout, float* source, float* target, float* copy, ref DepthwiseBand band)
    {
        var (d, h, w) = (layout.Geometry.D, layout.Geometry.H, layout.Geometry.W);
        for (var z = 0; z < d.Output; z++)
        {
            for (var y = 0; y < h.Output; y += layout.BandRows)
            {
                var rows = Math.Min(layout.BandRows, h.Output - y);
                DepthwisePacker.Pack(layout, source, z, y, rows, copy);
                if (layout.IsFlat)
                {
                    band.Target = copy + layout.CopyFloats;
                    (band.Rows, band.Width) = (1, layout.FlatFloats);
                    Compute(layout, ref band);
                    for (var row = 0; row < rows; row++, target += w.Output)
                    {
                        DepthwisePacker.Move(copy + layout.CopyFloats + ((nint)row * layout.Pitch), target, w.Output);
                    }
                }
                else
                {
                    band.Target = target;
                    (band.Rows, band.Width) = (rows, w.Output);
                    Compute(layout, ref band);
                    target += (nint)rows * w.Output;
                }
            }
        }
    }

    private void Compute(DepthwiseLayout layout, ref DepthwiseBand band)
    {
        if (!layout.IsThreeByThree)
        {
            _kernel.Run(band);
            return;
        }

        if (layout.SharesRows && band.Rows > 1)
        {
            var even = band.Rows & ~1;
            var odd = band.Rows - even;
            band.Rows = even;
            _kernel.RunNinePair(band);
            if (odd == 0)
            {
                return;
            }

            var source = band.Source;
            band.Source += even * band.SourcePitch;
            band.Target += even * band.TargetPitch;
            band.Rows = 1;
            _kernel.RunNine(band);
            band.Source = source;
            return;
        }

        _kernel.RunNine(band);
    }
}
