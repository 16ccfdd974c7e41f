using System.Numerics;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Reductions;

/// <summary>CumSum-3: running sums along the axis of input 1 (default 0); integers wrap.</summary>
internal sealed class CumSumOperation : Operation
{
    private readonly bool _exclusive;
    private readonly bool _reverse;

    public CumSumOperation(GraphNode node)
        : base(node)
    {
        (_exclusive, _reverse) = (node.Attributes.GetBool("exclusive", false), node.Attributes.GetBool("reverse", false));
    }

    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        if (!RealMap.IsSupported(data.Type))
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        if (context.HasInput(1) && context.Input(1).Count != 1)
        {
            throw Node.Error($"the axis must be one number, not the shape {context.Input(1).Shape}");
        }

        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    public override void Run(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var axis = AxisWalk.NormalizeAxis(Node, context.HasInput(1) ? ElementConversion.ReadIndex(context.Input(1), 0) : 0, shape.Rank);
        var (outer, size, inner) = ((int)shape.Product(0, axis), (int)shape[axis], (int)shape.Product(axis + 1, shape.Rank));
        switch (context.Input(0).Type)
        {
            case ElementType.F32:
                Run<float>(context, outer, size, inner);
                break;
            case ElementType.F64:
                Run<double>(context, outer, size, inner);
                break;
            case ElementType.I8 or ElementType.U8:
                Run<byte>(context, outer, size, inner);
                break;
            case ElementType.I16 or ElementType.U16:
                Run<ushort>(context, outer, size, inner);
                break;
            case ElementType.I32 or ElementType.U32:
                Run<uint>(context, outer, size, inner);
                break;
            default:
                Run<ulong>(context, outer, size, inner);
                break;
        }
    }

    private void Run<T>(OperationContext context, int outer, int size, int inner)
        where T : unmanaged, INumber<T>
    {
        var input = context.Input(0).As<T>();
        var output = context.Output(0).As<T>();
        for (var position = 0; position < outer; position++)
        {
            for (var i = 0; i < size; i++)
            {
                // The element before in running order; an exclusive sum takes its data, an inclusive one this element's.
                var at = ((position * size) + (_reverse ? size - 1 - i : i)) * inner;
                var before = _reverse ? at + inner : at - inner;
                var target = output.Slice(at, inner);
                if (i == 0 && _exclusive)
                {
                    target.Clear();
                }
                else if (i == 0)
                {
                    input.Slice(at, inner).CopyTo(target);
                }
                else
                {
                    var sums = output.Slice(before, inner);
                    var added = input.Slice(_exclusive ? before : at, inner);
                    for (var lane = 0; lane < inner; lane++)
                    {
                        target[lane] = sums[lane] + added[lane];
                    }
                }
            }
        }
    }
}
