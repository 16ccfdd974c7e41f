namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Pooling (IR sheet §14.3).</summary>
internal static class PoolingOperations
{
    public static void Register(OperationRegistry registry)
    {
        _ = registry;
    }
}
