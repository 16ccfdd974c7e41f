using Ovms.Runtime.Embedded.Kernels;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>Einsum-7 (IR sheet §15.1): sums of products over labelled axes.</summary>
/// <remarks>Two f32 operands are brought into the form of a batched matrix product; other types and numbers of operands run on plain loops.</remarks>
internal sealed class Einsum : Operation
{
    private readonly EinsumEquation _equation;

    public Einsum(GraphNode node)
        : base(node)
    {
        _equation = EinsumEquation.Parse(node, node.Attributes.GetText("equation"));
    }

    public override bool Infer(OperationContext context)
    {
        if (context.InputCount != _equation.Operands.Length)
        {
            throw Node.Error($"the equation names {_equation.Operands.Length} operands");
        }

        var type = context.Input(0).Type;
        for (var i = 1; i < context.InputCount; i++)
        {
            if (context.Input(i).Type != type)
            {
                throw Node.Error("inputs differ in type");
            }
        }

        if (type is not (ElementType.F32 or ElementType.F64 or ElementType.I32 or ElementType.I64))
        {
            throw Node.Error($"element type {type.IrName()} is not supported");
        }

        context.SetOutput(0, type, EinsumPlan.Resolve(Node, _equation, context).Output);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var plan = EinsumPlan.Resolve(Node, _equation, context);
        if (context.Input(0).Type == ElementType.F32 && context.InputCount == 2)
        {
            var product = new EinsumProduct(plan, GemmMicroKernel.Best, context.Workers.Width);
            context.RequestScratch(product.ScratchBytes);
            context.State = product;
        }
        else
        {
            context.State = plan;
        }
    }

    public override void Run(OperationContext context)
    {
        if (context.State is EinsumProduct product)
        {
            product.Run(context);
            return;
        }

        var plan = (EinsumPlan)context.State!;
        switch (context.Input(0).Type)
        {
            case ElementType.F32: PlainEinsum.Run<float>(context, plan); break;
            case ElementType.F64: PlainEinsum.Run<double>(context, plan); break;
            case ElementType.I32: PlainEinsum.Run<int>(context, plan); break;
            default: PlainEinsum.Run<long>(context, plan); break;
        }
    }
}
