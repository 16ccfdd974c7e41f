using Ovms.Runtime.Embedded.Kernels;

namespace Ovms.Runtime.Embedded;

/// <summary>Which variants of its kernels this process chose for the processor it runs on, for logs and benchmarks.</summary>
public static class KernelInfo
{
    /// <summary>Instruction set of the matrix kernel and its tile, rows × columns, as <c>avx512 14x32</c>; <c>scalar</c> kernels are slow.</summary>
    public static string Description { get; } = $"{GemmMicroKernel.Best.Name} {GemmMicroKernel.Best.MaxRows}x{GemmMicroKernel.Best.WideColumns}";
}
