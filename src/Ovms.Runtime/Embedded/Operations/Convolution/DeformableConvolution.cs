using Ovms.Runtime.Embedded.Operations.Matrix;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>DeformableConvolution-1 and -8 in f32: every tap is sampled bilinearly at its own offset, and weighted by a mask if there is one.</summary>
internal sealed class DeformableConvolution : Operation
{
    private readonly WindowAttributes _attributes;
    private readonly long _groups;
    private readonly long _offsetGroups;
    private readonly bool _padsSamples;

    public DeformableConvolution(GraphNode node)
        : base(node)
    {
        _attributes = new WindowAttributes(node, needsDilations: true);
        _groups = node.Attributes.GetInt("group", 1);
        _offsetGroups = node.Attributes.GetInt("deformable_group", 1);
        _padsSamples = node.Attributes.GetBool("bilinear_interpolation_pad", false);
        if (_groups is < 1 or > int.MaxValue || _offsetGroups is < 1 or > int.MaxValue)
        {
            throw node.Error($"attributes group=\"{_groups}\" and deformable_group=\"{_offsetGroups}\" are not supported");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        context.SetOutput(0, ElementType.F32, Geometry(context).Output);
        return true;
    }

    /// <inheritdoc/>
    public override void Prepare(OperationContext context)
    {
        var geometry = Geometry(context);
        var state = new DeformableLayout(geometry, (int)_offsetGroups, _padsSamples, context.HasInput(3), context.Workers.Width);
        context.RequestScratch(checked(state.Parts * state.PartFloats * sizeof(float)));
        context.State = state;
    }

    /// <inheritdoc/>
    public override unsafe void Run(OperationContext context)
    {
        if (context.Output(0).Count == 0)
        {
            return;
        }

        var job = context.RunState as DeformableJob;
        if (job is null)
        {
            context.RunState = job = new DeformableJob();
        }

        // SAFETY: the plan gives every request scratch memory of the size asked for; it does not move.
        fixed (byte* scratch = context.Scratch)
        {
            job.Execute(
                (DeformableLayout)context.State!,
                ConstantInputs.Floats(context.Input(0)),
                ConstantInputs.Floats(context.Input(1)),
                ConstantInputs.Floats(context.Input(2)),
                context.HasInput(3) ? ConstantInputs.Floats(context.Input(3)) : null,
                ConstantInputs.Floats(context.Output(0)),
                (float*)scratch,
                context.Workers);
        }
    }

    private ConvolutionGeometry Geometry(OperationContext context)
    {
        var (data, offsets, filter) = (context.Input(0), context.Input(1), context.Input(2));
        for (var i = 0; i < context.InputCount; i++)
        {
            if (context.Input(i).Type != ElementType.F32 || context.Input(i).Shape.Rank != 4)
            {
                throw Node.Error($"input {i} of type {context.Input(i).Type.IrName()} and shape {context.Input(i).Shape} is not supported");
            }
        }

        var (channels, outputs) = (data.Shape[1], filter.Shape[0]);
        if (channels % _groups != 0 || outputs % _groups != 0 || channels % _offsetGroups != 0 || filter.Shape[1] != channels / _groups)
        {
            throw Node.Error($"a kernel of shape {filter.Shape} in {_groups} groups does not fit data of shape {data.Shape}");
        }

        _attributes.CheckRank(Node, 2);
        var h = SpatialAxis.Resolve(Node, _attributes, 0, data.Shape[2], filter.Shape[2]);
        var w = SpatialAxis.Resolve(Node, _attributes, 1, data.Shape[3], filter.Shape[3]);
        var taps = checked(_offsetGroups * h.Kernel * w.Kernel);
        if (offsets.Shape != new Shape(data.Shape[0], checked(2 * taps), h.Output, w.Output)
            || (context.HasInput(3) && context.Input(3).Shape != new Shape(data.Shape[0], taps, h.Output, w.Output)))
        {
            throw Node.Error($"offsets of shape {offsets.Shape} or the mask do not fit an output of {h.Output} x {w.Output}");
        }

        return new ConvolutionGeometry
        {
            Batch = checked((int)data.Shape[0]),
            Groups = (int)_groups,
            InputChannels = checked((int)(channels / _groups)),
            OutputChannels = checked((int)(outputs / _groups)),
            D = SpatialAxis.Unit,
            H = h,
            W = w,
            Output = new Shape(data.Shape[0], outputs, h.Output, w.Output),
        };
    }
}
