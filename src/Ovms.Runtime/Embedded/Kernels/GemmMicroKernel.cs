namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>The innermost loop of a matrix product: one tile of the result from one panel of each side.</summary>
/// <remarks>A left panel holds <c>rows</c> values for each step of the depth, a right panel one or two vectors. The kernel is chosen once, by what
/// the processor can do at run time, so an ahead-of-time build takes the same one.</remarks>
internal abstract unsafe class GemmMicroKernel
{
    /// <summary>The fastest kernel of this machine.</summary>
    public static GemmMicroKernel Best { get; } = Choose();

    /// <summary>Name for benchmarks and logs.</summary>
    public abstract string Name { get; }

    /// <summary>Most rows of a tile.</summary>
    public abstract int MaxRows { get; }

    /// <summary>Floats of one vector; a wide tile has two vectors of columns, a narrow one (the last of a matrix) one.</summary>
    public abstract int VectorWidth { get; }

    /// <summary>Columns of a wide tile.</summary>
    public int WideColumns => 2 * VectorWidth;

    /// <summary>Steps of depth after which the result is written back: two panels of this length fit the first-level cache together.</summary>
    public abstract int DepthBlock { get; }

    /// <summary>Every kernel this machine can run, the best first; for tests and benchmarks.</summary>
    public static GemmMicroKernel[] All()
    {
        var kernels = new List<GemmMicroKernel>();
        if (Avx512GemmKernel.IsSupported)
        {
            kernels.Add(new Avx512GemmKernel());
        }

        if (Avx2GemmKernel.IsSupported)
        {
            kernels.Add(new Avx2GemmKernel());
        }

        if (Vector128GemmKernel.IsSupported)
        {
            kernels.Add(new Vector128GemmKernel());
        }

        kernels.Add(new ScalarGemmKernel());
        return [.. kernels];
    }

    /// <summary>Multiplies a left panel of <paramref name="rows"/> by a right panel.</summary>
    /// <param name="rows">1 to <see cref="MaxRows"/>.</param>
    /// <param name="wide">Two vectors of columns, or one.</param>
    /// <param name="depth">Steps of depth, ≥ 0.</param>
    /// <param name="a">The left panel, <c>[depth, rows]</c>.</param>
    /// <param name="b">The right panel, <c>[depth, columns]</c>.</param>
    /// <param name="c">The tile's first element; whole vectors are written.</param>
    /// <param name="ldc">Floats between rows of the tile.</param>
    /// <param name="accumulate">Whether to add to the tile instead of replacing it.</param>
    public abstract void Multiply(int rows, bool wide, int depth, float* a, float* b, float* c, nint ldc, bool accumulate);

    private static GemmMicroKernel Choose() => All()[0];
}
