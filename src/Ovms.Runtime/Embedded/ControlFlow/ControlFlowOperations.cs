namespace Ovms.Runtime.Embedded.ControlFlow;

/// <summary>Registers: If, Loop, TensorIterator (IR sheet §10).</summary>
internal static class ControlFlowOperations
{
    public static void Register(OperationRegistry registry) => registry
        .Add("If", 8, node => new IfOperation(node, registry))
        .Add("Loop", 5, node => new LoopOperation(node, registry, isLoop: true))
        .Add("TensorIterator", 1, node => new LoopOperation(node, registry, isLoop: false));
}
