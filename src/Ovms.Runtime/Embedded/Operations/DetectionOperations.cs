namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Detection post-processing (IR sheet §14.12–14.15).</summary>
internal static class DetectionOperations
{
    public static void Register(OperationRegistry registry)
    {
        _ = registry;
    }
}
