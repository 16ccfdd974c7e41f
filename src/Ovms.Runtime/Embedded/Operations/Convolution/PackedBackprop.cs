using Ovms.Runtime.Embedded.Kernels;
using Ovms.Runtime.Embedded.Operations.Matrix;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>An f32 transposed convolution for one set of shapes: <c>kernelᵀ[Cout·taps, Cin] · data[Cin, positions]</c>, then every row is added to
/// the output plane where its tap falls.</summary>
internal sealed unsafe class PackedBackprop
{
    // Products wait in scratch memory until they are added up; channels are taken in chunks that keep them in a second- or third-level cache.
    private const int ChunkFloats = 512 * 1024;

    private readonly ConvolutionGeometry _geometry;
    private readonly GemmLayout _layout;
    private readonly int _chunk;

    public PackedBackprop(GemmMicroKernel kernel, ConvolutionGeometry geometry, bool constantFilter, int width)
    {
        _geometry = geometry;
        var channelFloats = checked(geometry.Taps * geometry.OutputPlane);
        _chunk = LargestDivisor(geometry.InputChannels, Math.Max(1, ChunkFloats / channelFloats), width);
        PacksFilter = constantFilter;
        var products = checked(geometry.Batch * geometry.Groups * (geometry.InputChannels / Math.Max(_chunk, 1)));
        _layout = new GemmLayout(
            kernel, checked(_chunk * geometry.Taps), geometry.OutputPlane, geometry.OutputChannels, products, constantFilter, false, width, splits: false);
        FilterKey = new PackedKey(1, true, _layout.M, _layout.K, checked(geometry.Groups * (geometry.InputChannels / Math.Max(_chunk, 1))));
        PartFloats = GemmLayout.Align(checked(_layout.M * _layout.N));
    }

    /// <summary>Whether the kernel is constant and packed ahead.</summary>
    public bool PacksFilter { get; }

    /// <summary>Identity of the packed kernel.</summary>
    public PackedKey FilterKey { get; }

    /// <summary>The packed kernel.</summary>
    public PackedPanels? Packed { get; set; }

    /// <summary>Floats of the products of one part.</summary>
    public int PartFloats { get; }

    /// <summary>Scratch memory for all parts.</summary>
    public int ScratchBytes => checked(_layout.Parts * (_layout.PartScratchFloats + PartFloats) * sizeof(float));

    /// <summary>Packs the constant kernel: one left matrix for every group and chunk of output channels.</summary>
    public PackedPanels PackFilter(OperationContext context)
    {
        var packed = PackedPanels.Allocate(_layout.PackedLeftFloats, FilterKey.Matrices, FilterKey);
        var filter = ConstantInputs.Floats(context.Input(1));
        for (var matrix = 0; matrix < FilterKey.Matrices; matrix++)
        {
            for (var k = 0; k < _layout.K; k += _layout.DepthBlock)
            {
                var depth = Math.Min(_layout.DepthBlock, _layout.K - k);
                for (var panel = 0; panel < _layout.RowPanels; panel++)
                {
                    var row = _layout.RowStart(panel);
                    var target = packed.Data + (matrix * (nint)packed.Stride) + ((nint)k * _layout.M) + ((nint)row * depth);
                    BackpropJob.PackFilter(_geometry, _chunk, filter, matrix, row, _layout.RowStart(panel + 1) - row, k, depth, target);
                }
            }
        }

        return packed;
    }

    /// <summary>Convolves.</summary>
    public void Run(OperationContext context)
    {
        var output = context.Output(0);
        if (output.Count == 0)
        {
            return;
        }

        var job = context.RunState as BackpropJob;
        if (job is null)
        {
            context.RunState = job = new BackpropJob();
        }

        // SAFETY: the plan gives every request scratch memory of the size asked for; it does not move.
        fixed (byte* scratch = context.Scratch)
        {
            job.Execute(
                _layout,
                _geometry,
                _chunk,
                Packed,
                ConstantInputs.Floats(context.Input(0)),
                ConstantInputs.Floats(context.Input(1)),
                ConstantInputs.Floats(output),
                (float*)scratch,
                (float*)scratch + ((nint)_layout.Parts * _layout.PartScratchFloats),
                PartFloats,
                context.Workers);
        }
    }

    // At most limit, and small enough that every thread gets a chunk.
    private static int LargestDivisor(int count, int limit, int width)
    {
        limit = Math.Min(limit, Math.Max(1, count / width));
        for (var divisor = Math.Min(limit, count); divisor > 1; divisor--)
        {
            if (count % divisor == 0)
            {
                return divisor;
            }
        }

        return Math.Min(1, count);
    }
}
