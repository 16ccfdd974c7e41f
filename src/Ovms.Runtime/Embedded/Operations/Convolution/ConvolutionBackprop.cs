using Ovms.Runtime.Embedded.Kernels;
using Ovms.Runtime.Embedded.Operations.Matrix;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>ConvolutionBackpropData-1 and GroupConvolutionBackpropData-1 (IR sheet §14.1): transposed convolution.</summary>
internal sealed class ConvolutionBackprop : Operation
{
    private readonly bool _grouped;
    private readonly WindowAttributes _attributes;
    private readonly long[] _outputPadding;
    private readonly GemmMicroKernel _kernel;
    private readonly Lock _packLock = new();
    private PackedPanels? _packed;

    public ConvolutionBackprop(GraphNode node, bool grouped)
        : this(node, grouped, GemmMicroKernel.Best)
    {
    }

    internal ConvolutionBackprop(GraphNode node, bool grouped, GemmMicroKernel kernel)
        : base(node)
    {
        (_grouped, _kernel) = (grouped, kernel);
        _attributes = new WindowAttributes(node, needsDilations: true);
        _outputPadding = node.Attributes.GetInts("output_padding");
        foreach (var padding in _outputPadding)
        {
            if (padding is < 0 or > int.MaxValue / 4)
            {
                throw node.Error($"attribute output_padding has the value {padding}");
            }
        }
    }

    public override bool Infer(OperationContext context)
    {
        if (context.InputCount is < 2 or > 3)
        {
            throw Node.Error("needs two or three inputs");
        }

        var (data, filter) = (context.Input(0), context.Input(1));
        if (data.Type != filter.Type)
        {
            throw Node.Error($"data and kernel differ in type: {data.Type.IrName()}, {filter.Type.IrName()}");
        }

        if (data.Type is not (ElementType.F32 or ElementType.F64))
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        if (context.HasInput(2) && !context.Input(2).HasData)
        {
            return false;
        }

        context.SetOutput(0, data.Type, Geometry(context).Output);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var geometry = Geometry(context);
        if (context.Input(0).Type != ElementType.F32)
        {
            context.State = geometry;
            return;
        }

        var plan = new PackedBackprop(_kernel, geometry, ConstantInputs.IsConstant(context, Node, 1), context.Workers.Width);
        if (plan.PacksFilter)
        {
            lock (_packLock)
            {
                if (_packed?.Key != plan.FilterKey)
                {
                    _packed = plan.PackFilter(context);
                }

                plan.Packed = _packed;
            }
        }

        context.RequestScratch(plan.ScratchBytes);
        context.State = plan;
    }

    public override void Run(OperationContext context)
    {
        if (context.State is PackedBackprop packed)
        {
            packed.Run(context);
        }
        else
        {
            RunPlain(context, (ConvolutionGeometry)context.State!);
        }
    }

    private ConvolutionGeometry Geometry(OperationContext context)
    {
        Span<long> wanted = stackalloc long[3];
        var count = 0;
        if (context.HasInput(2))
        {
            var shape = context.Input(2);
            count = shape.Count;
            if (count > 3)
            {
                throw Node.Error($"an output shape of {count} dimensions is not supported");
            }

            for (var i = 0; i < count; i++)
            {
                wanted[i] = shape.Type switch
                {
                    ElementType.I32 => shape.As<int>()[i],
                    ElementType.I64 => shape.As<long>()[i],
                    _ => throw Node.Error($"element type {shape.Type.IrName()} of the output shape is not supported"),
                };
            }
        }

        return BackpropGeometry.Resolve(Node, _attributes, _outputPadding, context.Input(0).Shape, context.Input(1).Shape, wanted[..count], _grouped);
    }

    private static void RunPlain(OperationContext context, ConvolutionGeometry geometry)
    {
        ReadOnlySpan<double> data = context.Input(0).As<double>();
        ReadOnlySpan<double> filter = context.Input(1).As<double>();
        var result = context.Output(0).As<double>();
        result.Clear();
        var (d, h, w) = (geometry.D, geometry.H, geometry.W);
        var (taps, planes) = (geometry.Taps, geometry.Groups * geometry.OutputChannels);
        for (var i = 0; i < data.Length; i++)
        {
            var (position, channel) = (i % geometry.OutputPlane, i / geometry.OutputPlane % planes);
            var firstPlane = ((i / geometry.OutputPlane / planes * geometry.Groups) + (channel / geometry.OutputChannels)) * geometry.InputChannels;
            for (var j = 0; j < geometry.InputChannels * taps; j++)
            {
                var tap = j % taps;
                var x = (position % w.Output * w.Stride) - w.PadBegin + (tap % w.Kernel * w.Dilation);
                var y = (position / w.Output % h.Output * h.Stride) - h.PadBegin + (tap / w.Kernel % h.Kernel * h.Dilation);
                var z = (position / w.Output / h.Output * d.Stride) - d.PadBegin + (tap / w.Kernel / h.Kernel * d.Dilation);
                if (x >= 0 && x < w.Input && y >= 0 && y < h.Input && z >= 0 && z < d.Input)
                {
                    result[((firstPlane + (j / taps)) * geometry.InputPlane) + (((z * h.Input) + y) * w.Input) + x] += data[i] * filter[(channel * geometry.InputChannels * taps) + j];
                }
            }
        }
    }
}
