using Ovms.Runtime.Embedded.Operations.Resampling;

namespace Ovms.Runtime.Embedded.Operations;

/// <summary>Registers: Interpolate and other resampling (IR sheet §14.10).</summary>
internal static class ResamplingOperations
{
    public static void Register(OperationRegistry registry) => registry
        .Add("Interpolate", 1, static node => new InterpolateOperation(node, 1))
        .Add("Interpolate", 4, static node => new InterpolateOperation(node, 4))
        .Add("Interpolate", 11, static node => new InterpolateOperation(node, 11))
        .Add("GridSample", 9, static node => new GridSampleOperation(node));
}
