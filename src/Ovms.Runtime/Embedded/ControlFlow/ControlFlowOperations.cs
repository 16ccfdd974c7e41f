namespace Ovms.Runtime.Embedded.ControlFlow;

/// <summary>Registers: If, Loop, TensorIterator (IR sheet §10).</summary>
internal static class ControlFlowOperations
{
    public static void Register(OperationRegistry registry) => registry
        .Add("If", 8, (node, budget) => new IfOperation(node, registry, budget))
        .Add("Loop", 5, (node, budget) => new LoopOperation(node, registry, budget, isLoop: true))
        .Add("TensorIterator", 1, (node, budget) => new LoopOperation(node, registry, budget, isLoop: false));
}
