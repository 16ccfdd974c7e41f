using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>PReLU-1: a slope as long as dimension 1 belongs to the channels, any other broadcasts as numpy does (IR sheet §14.4).</summary>
internal sealed class PReluOperation(GraphNode node) : BinaryOperation(node, BinaryKernel.ForNumbers<BinaryOps.PRelu>, givesBoolean: false)
{
    public override bool Infer(OperationContext context)
    {
        _ = base.Infer(context);
        return context.Output(0).Shape == context.Input(0).Shape
            ? true
            : throw Node.Error($"the slope {context.Input(1).Shape} does not broadcast to the data {context.Input(0).Shape}");
    }

    protected override Shape AlignRight(in Shape left, in Shape right)
    {
        if (right.Rank != 1 || left.Rank < 2 || right[0] != left[1] || right[0] == 1)
        {
            return right;
        }

        var aligned = new Shape(right[0]);
        for (var axis = 2; axis < left.Rank; axis++)
        {
            _ = aligned.TryAppend(1);
        }

        return aligned;
    }
}
