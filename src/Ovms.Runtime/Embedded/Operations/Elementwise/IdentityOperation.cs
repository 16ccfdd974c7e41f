using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>Identity-16: the input itself.</summary>
internal sealed class IdentityOperation(GraphNode node) : Operation(node)
{
    public override bool ComputesHalf => true;

    public override int AliasedInput => 0;

    public override bool Infer(OperationContext context)
    {
        context.SetOutput(0, context.Input(0).Type, context.Input(0).Shape);
        return true;
    }

    public override void Run(OperationContext context) => context.Input(0).Bytes.CopyTo(context.Output(0).Bytes);
}
