namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>An operation that can add a bias and clamp while its result is still in the cache, in place of the layers that follow it.</summary>
/// <remarks>Called while the graph is compiled, before any plan is made; first the bias, then the bounds, each at most once.</remarks>
internal interface IFusesEpilogue
{
    /// <summary>Takes over an Add of a constant with one value per output channel (axis 1 of a convolution, last axis of MatMul).</summary>
    /// <returns>False, changing nothing, when it cannot: another number of channels, not f32, something was fused already.</returns>
    bool TryFuseBias(ReadOnlySpan<float> values);

    /// <summary>Takes over a ReLU or Clamp: values below <paramref name="low"/> and above <paramref name="high"/> become the bound, NaN stays.</summary>
    /// <returns>False, changing nothing, when bounds were fused already.</returns>
    bool TryFuseClamp(float low, float high);
}
