namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Shape manipulation and data movement (IR sheet §13.8, §14.9).</summary>
internal static class MovementOperations
{
    public static void Register(OperationRegistry registry)
    {
        _ = registry;
    }
}
