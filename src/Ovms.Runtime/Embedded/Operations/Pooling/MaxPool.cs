using Ovms.Runtime.Embedded.Operations.Convolution;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Pooling;

/// <summary>MaxPool-1, -8 and -14 (IR sheet §14.3); from -8 on the second output holds the positions of the maxima.</summary>
internal sealed class MaxPool : Operation
{
    private readonly WindowAttributes _attributes;
    private readonly long[] _kernel;
    private readonly bool _hasIndices;
    private readonly ElementType _indexType = ElementType.I64;
    private readonly long _axis;

    public MaxPool(GraphNode node, bool hasIndices)
        : base(node)
    {
        _attributes = new WindowAttributes(node, needsDilations: false);
        _kernel = node.Attributes.GetInts("kernel", required: true);
        _hasIndices = hasIndices;
        if (!hasIndices)
        {
            return;
        }

        _indexType = node.Attributes.GetElementType("index_element_type", ElementType.I64);
        _axis = node.Attributes.GetInt("axis", 0);
        if (_indexType is not (ElementType.I32 or ElementType.I64))
        {
            throw node.Error($"attribute index_element_type=\"{_indexType.IrName()}\" is not supported");
        }
    }

    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        if (data.Type is not (ElementType.F32 or ElementType.F64) && !data.Type.IsInteger())
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        var geometry = PoolGeometry.Resolve(Node, _attributes, _kernel, data.Shape);
        context.SetOutput(0, data.Type, geometry.Output);
        if (_hasIndices && context.OutputCount > 1)
        {
            if (_axis < -data.Shape.Rank || _axis >= data.Shape.Rank)
            {
                throw Node.Error($"attribute axis={_axis} is out of range");
            }

            context.SetOutput(1, _indexType, geometry.Output);
        }

        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var geometry = PoolGeometry.Resolve(Node, _attributes, _kernel, shape);
        var indexed = _hasIndices && context.OutputCount > 1;
        var modulus = indexed ? Math.Max(1, shape.Product((int)(_axis < 0 ? _axis + shape.Rank : _axis), shape.Rank)) : 1;
        context.State = context.Input(0).Type switch
        {
            ElementType.F32 when !indexed => new FloatPool(geometry, isMax: true, countCovered: false),
            ElementType.F32 => new PlainMaxPool<float>(geometry, modulus, indexed),
            ElementType.F64 => new PlainMaxPool<double>(geometry, modulus, indexed),
            ElementType.I8 => new PlainMaxPool<sbyte>(geometry, modulus, indexed),
            ElementType.U8 => new PlainMaxPool<byte>(geometry, modulus, indexed),
            ElementType.I16 => new PlainMaxPool<short>(geometry, modulus, indexed),
            ElementType.U16 => new PlainMaxPool<ushort>(geometry, modulus, indexed),
            ElementType.I32 => new PlainMaxPool<int>(geometry, modulus, indexed),
            ElementType.U32 => new PlainMaxPool<uint>(geometry, modulus, indexed),
            ElementType.I64 => new PlainMaxPool<long>(geometry, modulus, indexed),
            _ => new PlainMaxPool<ulong>(geometry, modulus, indexed),
        };
    }

    public override void Run(OperationContext context) => PoolJob.Execute(context, (PlanePool)context.State!);
}
