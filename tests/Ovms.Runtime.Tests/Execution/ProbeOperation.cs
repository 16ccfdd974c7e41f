using Ovms.Runtime.Embedded;
using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Tests.Execution;

/// <summary>Copies its input and tells the test, while shapes are inferred and while it runs.</summary>
internal sealed class ProbeOperation(GraphNode node, Action<string> running, Action<OperationContext>? inferring = null) : Operation(node)
{
    public override bool Infer(OperationContext context)
    {
        inferring?.Invoke(context);
        context.SetOutput(0, context.Input(0).Type, context.Input(0).Shape);
        return true;
    }

    public override void Run(OperationContext context)
    {
        running(Node.Name);
        context.Input(0).Bytes.CopyTo(context.Output(0).Bytes);
    }
}
