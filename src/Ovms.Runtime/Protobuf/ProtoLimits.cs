namespace Ovms.Runtime.Protobuf;

/// <summary>How much a cleared message keeps for the next one.</summary>
internal static class ProtoLimits
{
    /// <summary>Collections with more places are dropped by Clear: one odd request must not make a pooled message big for ever. Far above
    /// what requests hold (inputs of a model, dimensions of a tensor).</summary>
    public const int MaxKeptItems = 256;
}
