using Ovms.Runtime.Embedded.Kernels;
using Ovms.Runtime.Embedded.Operations.Matrix;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>An f32 convolution for one set of shapes.</summary>
internal sealed unsafe class PackedConvolution
{
    private readonly ConvolutionGeometry _geometry;
    private readonly GemmEpilogue _epilogue;
    private readonly GemmLayout _layout;
    private readonly DepthwiseLayout? _depthwise;

    public PackedConvolution(GemmMicroKernel kernel, ConvolutionGeometry geometry, GemmEpilogue epilogue, bool constantFilter, int width)
    {
        (_geometry, _epilogue) = (geometry, epilogue);
        if (geometry.InputChannels == 1 && geometry.Groups > 1)
        {
            _depthwise = new DepthwiseLayout(geometry, DepthwiseKernel.Best.VectorWidth, width);
        }

        PacksFilter = constantFilter && _depthwise is null;
        var depth = checked(geometry.InputChannels * geometry.Taps);
        _layout = new GemmLayout(
            kernel, geometry.OutputChannels, geometry.OutputPlane, depth, checked(geometry.Batch * geometry.Groups), PacksFilter, false, width);
        FilterKey = new PackedKey(1, true, geometry.OutputChannels, depth, geometry.Groups);
    }

    /// <summary>Whether the kernel is constant and wanted in packed form.</summary>
    public bool PacksFilter { get; }

    /// <summary>Identity of the packed kernel.</summary>
    public PackedKey FilterKey { get; }

    /// <summary>The packed kernel.</summary>
    public PackedPanels? Packed { get; set; }

    /// <summary>Scratch memory for all parts.</summary>
    public int ScratchBytes =>
        checked((_depthwise is null ? _layout.Parts * _layout.PartScratchFloats : _depthwise.Parts * _depthwise.PartFloats) * sizeof(float));

    /// <summary>Packs the constant kernel.</summary>
    public PackedPanels PackFilter(OperationContext context) =>
        new MatrixOperand { Data = ConstantInputs.Floats(context.Input(1)) }.PackAllLeft(_layout, FilterKey);

    /// <summary>Convolves.</summary>
    public void Run(OperationContext context)
    {
        var output = context.Output(0);
        if (output.Count == 0)
        {
            return;
        }

        if (_depthwise is not null)
        {
            RunDepthwise(context, _depthwise);
            return;
        }

        var job = context.RunState as ConvolutionJob;
        if (job is null)
        {
            context.RunState = job = new ConvolutionJob();
        }

        // SAFETY: the plan gives every request scratch memory of the size asked for; it does not move.
        fixed (byte* scratch = context.Scratch)
        {
            job.Execute(
                _layout,
                _geometry,
                Packed,
                ConstantInputs.Floats(context.Input(0)),
                ConstantInputs.Floats(context.Input(1)),
                ConstantInputs.Floats(output),
                _epilogue,
                (float*)scratch,
                context.Workers);
        }
    }

    private void RunDepthwise(OperationContext context, DepthwiseLayout layout)
    {
        var job = context.RunState as DepthwiseJob;
        if (job is null)
        {
            context.RunState = job = new DepthwiseJob();
        }

        // SAFETY: as in Run.
        fixed (byte* scratch = context.Scratch)
        {
            job.Execute(
                layout,
                DepthwiseKernel.Best,
                ConstantInputs.Floats(context.Input(0)),
                ConstantInputs.Floats(context.Input(1)),
                ConstantInputs.Floats(context.Output(0)),
                _epilogue,
                (float*)scratch,
                context.Workers);
        }
    }
}
