using Ovms.Runtime.Embedded.Operations.Convolution;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Pooling;

/// <summary>AvgPool-1, -14 and -16 (IR sheet §14.3).</summary>
internal sealed class AvgPool : Operation
{
    private readonly WindowAttributes _attributes;
    private readonly long[] _kernel;
    private readonly bool _excludePad;

    public AvgPool(GraphNode node)
        : base(node)
    {
        _attributes = new WindowAttributes(node, needsDilations: false);
        _kernel = node.Attributes.GetInts("kernel", required: true);
        _excludePad = node.Attributes.GetBool("exclude-pad", false);
    }

    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        if (data.Type is not (ElementType.F32 or ElementType.F64) && !data.Type.IsInteger())
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        context.SetOutput(0, data.Type, PoolGeometry.Resolve(Node, _attributes, _kernel, data.Shape).Output);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var geometry = PoolGeometry.Resolve(Node, _attributes, _kernel, context.Input(0).Shape);
        var covered = _excludePad || !geometry.IsPadded;
        context.State = context.Input(0).Type switch
        {
            ElementType.F32 => new FloatPool(geometry, isMax: false, covered),
            ElementType.F64 => new PlainAvgPool<double>(geometry, covered),
            ElementType.I8 => new PlainAvgPool<sbyte>(geometry, covered),
            ElementType.U8 => new PlainAvgPool<byte>(geometry, covered),
            ElementType.I16 => new PlainAvgPool<short>(geometry, covered),
            ElementType.U16 => new PlainAvgPool<ushort>(geometry, covered),
            ElementType.I32 => new PlainAvgPool<int>(geometry, covered),
            ElementType.U32 => new PlainAvgPool<uint>(geometry, covered),
            ElementType.I64 => new PlainAvgPool<long>(geometry, covered),
            _ => new PlainAvgPool<ulong>(geometry, covered),
        };
    }

    public override void Run(OperationContext context) => PoolJob.Execute(context, (PlanePool)context.State!);
}
