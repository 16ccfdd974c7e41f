namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Pooling (IR sheet §14.3).</summary>
internal static class PoolingOperations
{
    public static void Register(OperationRegistry registry)
    {
        registry
            .Add("AvgPool", 1, static node => new Pooling.AvgPool(node))
            .Add("AvgPool", 14, static node => new Pooling.AvgPool(node))
            .Add("AvgPool", 16, static node => new Pooling.AvgPool(node))
            .Add("MaxPool", 1, static node => new Pooling.MaxPool(node, hasIndices: false))
            .Add("MaxPool", 8, static node => new Pooling.MaxPool(node, hasIndices: true))
            .Add("MaxPool", 14, static node => new Pooling.MaxPool(node, hasIndices: true))
            .Add("AdaptiveAvgPool", 8, static node => new Pooling.AdaptivePool(node, isMax: false))
            .Add("AdaptiveMaxPool", 8, static node => new Pooling.AdaptivePool(node, isMax: true));
    }
}
