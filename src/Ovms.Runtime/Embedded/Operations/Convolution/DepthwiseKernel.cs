using Ovms.Runtime.Embedded.Kernels;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>The innermost loops of a depthwise convolution. Chosen like the <see cref="GemmMicroKernel"/>.</summary>
internal abstract unsafe class DepthwiseKernel
{
    /// <summary>The fastest kernel of this machine.</summary>
    public static DepthwiseKernel Best { get; } = Avx512GemmKernel.IsSupported ? new DepthwiseKernel512() : new DepthwiseKernel256();

    /// <summary>Floats of a vector.</summary>
    public abstract int VectorWidth { get; }

    /// <summary>Every kernel this machine can run; for tests.</summary>
    public static DepthwiseKernel[] All() =>
        Avx512GemmKernel.IsSupported ? [new DepthwiseKernel512(), new DepthwiseKernel256()] : [new DepthwiseKernel256()];

    /// <summary>Computes a band.</summary>
    /// <param name="band">Rows of at least <see cref="VectorWidth"/> floats; the copy has them at every offset.</param>
    public abstract void Run(in DepthwiseBand band);

    /// <summary>Computes a band of nine taps, whose weights stay in registers.</summary>
    public abstract void RunNine(in DepthwiseBand band);

    /// <summary>Computes a band of a 3×3 kernel, an even number of rows, where <see cref="DepthwiseLayout.SharesRows"/>.</summary>
    public abstract void RunNinePair(in DepthwiseBand band);
}
