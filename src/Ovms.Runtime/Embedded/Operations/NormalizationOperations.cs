namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Normalisation and quantisation (IR sheet §13.6, §14.5, §14.6).</summary>
internal static class NormalizationOperations
{
    public static void Register(OperationRegistry registry)
    {
        _ = registry;
    }
}
