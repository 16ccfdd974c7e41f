using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>ScaledDotProductAttention-13 (IR sheet §15.1) in f32.</summary>
internal sealed class Attention : Operation
{
    private readonly bool _causal;

    public Attention(GraphNode node)
        : base(node)
    {
        _causal = node.Attributes.GetBool("causal", false);
    }

    public override bool Infer(OperationContext context)
    {
        if (context.InputCount < 3)
        {
            throw Node.Error("needs at least three inputs");
        }

        if (context.HasInput(5))
        {
            throw Node.Error("a sink input is not supported");
        }

        for (var i = 0; i < 3; i++)
        {
            if (context.Input(i).Type != ElementType.F32)
            {
                throw Node.Error($"element type {context.Input(i).Type.IrName()} is not supported");
            }
        }

        if (context.HasInput(3) && context.Input(3).Type is not (ElementType.F32 or ElementType.Boolean))
        {
            throw Node.Error($"a mask of {context.Input(3).Type.IrName()} is not supported");
        }

        if (context.HasInput(4) && (context.Input(4).Type != ElementType.F32 || context.Input(4).Count != 1))
        {
            throw Node.Error("the scale is not one f32 value");
        }

        context.SetOutput(0, ElementType.F32, AttentionShapes.Resolve(Node, context, _causal).Output);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var plan = new AttentionPlan(AttentionShapes.Resolve(Node, context, _causal), _causal, context.Workers.Width);
        context.RequestScratch(plan.ScratchBytes);
        context.State = plan;
    }

    public override void Run(OperationContext context) => ((AttentionPlan)context.State!).Run(context);
}
