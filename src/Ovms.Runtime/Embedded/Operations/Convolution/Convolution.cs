using Ovms.Runtime.Embedded.Kernels;
using Ovms.Runtime.Embedded.Operations.Matrix;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>Convolution-1 and GroupConvolution-1 with one to three spatial axes (IR sheet §14.1).</summary>
/// <remarks>f32 runs as matrix products, or directly where a group has one input channel; other types run on plain loops.</remarks>
internal sealed class Convolution : Operation, IFusesEpilogue
{
    private readonly bool _grouped;
    private readonly WindowAttributes _attributes;
    private readonly GemmMicroKernel _kernel;
    private readonly FusedEpilogue _fused = new();
    private readonly Lock _packLock = new();
    private PackedPanels? _packed;

    public Convolution(GraphNode node, bool grouped)
        : this(node, grouped, GemmMicroKernel.Best)
    {
    }

    internal Convolution(GraphNode node, bool grouped, GemmMicroKernel kernel)
        : base(node)
    {
        (_grouped, _kernel) = (grouped, kernel);
        _attributes = new WindowAttributes(node, needsDilations: true);
    }

    public bool TryFuseBias(ReadOnlySpan<float> values)
    {
        var shape = Node.Outputs.Length == 1 && Node.Outputs[0].Type == ElementType.F32 ? Node.Outputs[0].Shape : null;
        return shape is { IsRankKnown: true, Rank: > 1 } && shape[1] == Dimension.Fixed(values.Length) && _fused.TryAddBias(values);
    }

    public bool TryFuseClamp(float low, float high) =>
        Node.Outputs.Length == 1 && Node.Outputs[0].Type == ElementType.F32 && _fused.TryAddClamp(low, high);

    public override bool Infer(OperationContext context)
    {
        if (context.InputCount != 2)
        {
            throw Node.Error("needs two inputs");
        }

        var (data, filter) = (context.Input(0), context.Input(1));
        if (data.Type != filter.Type)
        {
            throw Node.Error($"data and kernel differ in type: {data.Type.IrName()}, {filter.Type.IrName()}");
        }

        if (data.Type is not (ElementType.F32 or ElementType.F64) && !data.Type.IsInteger())
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        context.SetOutput(0, data.Type, ConvolutionGeometry.Forward(Node, _attributes, data.Shape, filter.Shape, _grouped).Output);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var geometry = ConvolutionGeometry.Forward(Node, _attributes, context.Input(0).Shape, context.Input(1).Shape, _grouped);
        if (context.Input(0).Type != ElementType.F32)
        {
            context.State = geometry;
            return;
        }

        if (_fused.Bias is { } bias && bias.Length != geometry.Groups * geometry.OutputChannels)
        {
            throw Node.Error("the bias taken over from the next layer does not fit the shape");
        }

        var epilogue = new GemmEpilogue { RowBias = _fused.Bias, Low = _fused.Low, High = _fused.High };
        if (geometry.IsPointwise)
        {
            geometry = geometry.Flatten();
        }

        var plan = new PackedConvolution(_kernel, geometry, epilogue, ConstantInputs.IsConstant(context, Node, 1), context.Workers.Width);
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
        switch (context.Input(0).Type)
        {
            case ElementType.F32: ((PackedConvolution)context.State!).Run(context); break;
            case ElementType.F64: PlainConvolution.Run<double>(context, (ConvolutionGeometry)context.State!); break;
            case ElementType.I8: PlainConvolution.Run<sbyte>(context, (ConvolutionGeometry)context.State!); break;
            case ElementType.U8: PlainConvolution.Run<byte>(context, (ConvolutionGeometry)context.State!); break;
            case ElementType.I16: PlainConvolution.Run<short>(context, (ConvolutionGeometry)context.State!); break;
            case ElementType.U16: PlainConvolution.Run<ushort>(context, (ConvolutionGeometry)context.State!); break;
            case ElementType.I32: PlainConvolution.Run<int>(context, (ConvolutionGeometry)context.State!); break;
            case ElementType.U32: PlainConvolution.Run<uint>(context, (ConvolutionGeometry)context.State!); break;
            case ElementType.I64: PlainConvolution.Run<long>(context, (ConvolutionGeometry)context.State!); break;
            default: PlainConvolution.Run<ulong>(context, (ConvolutionGeometry)context.State!); break;
        }
    }
}
