namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Interpolate (IR sheet §14.10).</summary>
internal static class ResamplingOperations
{
    public static void Register(OperationRegistry registry)
    {
        _ = registry;
    }
}
