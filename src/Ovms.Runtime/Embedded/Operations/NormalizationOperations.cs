using Ovms.Runtime.Embedded.Operations.Normalization;

namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Normalisation and quantisation (IR sheet §13.6, §14.5, §14.6).</summary>
internal static class NormalizationOperations
{
    public static void Register(OperationRegistry registry)
    {
        registry
            .Add("BatchNormInference", 1, static node => new BatchNormOperation(node, firstVariant: true))
            .Add("BatchNormInference", 5, static node => new BatchNormOperation(node, firstVariant: false))
            .Add("LRN", 1, static node => new LrnOperation(node))
            .Add("NormalizeL2", 1, static node => new NormalizeL2Operation(node, overChannels: false))
            .Add("GRN", 1, static node => new NormalizeL2Operation(node, overChannels: true))
            .Add("MVN", 1, static node => new MvnOperation(node, axesAreInput: false))
            .Add("MVN", 6, static node => new MvnOperation(node, axesAreInput: true))
            .Add("GroupNormalization", 12, static node => new GroupNormalizationOperation(node))
            .Add("FakeQuantize", 1, static node => new FakeQuantizeOperation(node))
            .Add("FakeConvert", 13, static node => new FakeConvertOperation(node));
    }
}
