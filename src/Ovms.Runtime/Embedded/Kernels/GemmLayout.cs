namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>How one (batched) matrix product <c>C[M,N] = A[M,K] · B[K,N]</c> is cut into panels, blocks and tasks. Immutable.</summary>
/// <remarks>
/// Left panels are 1 to <see cref="GemmMicroKernel.MaxRows"/> rows, balanced so that the last one is not a sliver; right panels are
/// <see cref="GemmMicroKernel.WideColumns"/> columns, the last one half as wide when that suffices. A packed matrix is a sequence of depth
/// blocks; a depth block is its panels one after the other; a panel is <c>[depth, rows or columns]</c>.
/// </remarks>
internal sealed class GemmLayout
{
    // Half of the smallest second-level cache in use (256 KB): a block of left panels stays there while it meets every right panel.
    private const int LeftBlockBytes = 128 * 1024;

    // A block of right panels that this thread packs itself: half of a 1 MB second-level cache, and small against any third-level cache.
    private const int RightBlockBytes = 512 * 1024;

    // Below this many multiply-adds (some 20 µs on one core) waking another thread costs more than it saves.
    private const long ParallelThreshold = 2_000_000;

    private readonly int _rowBase;
    private readonly int _rowExtra;

    /// <summary>Cuts a product.</summary>
    /// <param name="kernel">The micro-kernel.</param>
    /// <param name="m">Rows.</param>
    /// <param name="n">Columns.</param>
    /// <param name="k">Depth.</param>
    /// <param name="batches">Products of this size.</param>
    /// <param name="leftPacked">Whether the left side is packed ahead (constant).</param>
    /// <param name="rightPacked">Whether the right side is packed ahead.</param>
    /// <param name="width">Threads that may work at once.</param>
    /// <param name="splits">Whether one product may be shared by several tasks.</param>
    public GemmLayout(GemmMicroKernel kernel, int m, int n, int k, int batches, bool leftPacked, bool rightPacked, int width, bool splits = true)
    {
        (Kernel, M, N, K, Batches, LeftPacked, RightPacked) = (kernel, m, n, k, batches, leftPacked, rightPacked);
        RowPanels = Ceiling(m, kernel.MaxRows);
        ColumnPanels = Ceiling(n, kernel.WideColumns);
        PaddedColumns = checked(Ceiling(n, kernel.VectorWidth) * kernel.VectorWidth);
        if (RowPanels > 0)
        {
            (_rowBase, _rowExtra) = (m / RowPanels, m % RowPanels);
        }

        DepthBlock = Math.Max(1, Math.Min(k, kernel.DepthBlock));
        RowBlock = Math.Clamp(LeftBlockBytes / (DepthBlock * kernel.MaxRows * sizeof(float)), 1, Math.Max(RowPanels, 1));
        ColumnBlock = rightPacked
            ? Math.Max(ColumnPanels, 1)
            : Math.Clamp(RightBlockBytes / (DepthBlock * kernel.WideColumns * sizeof(float)), 1, Math.Max(ColumnPanels, 1));
        (GridRows, GridColumns) = splits ? ChooseGrid(width) : (1, 1);
        Parts = Math.Min(width, checked(batches * GridRows * GridColumns));
        Parts = (long)m * n * k * batches < ParallelThreshold ? Math.Min(1, Parts) : Parts;

        LeftScratchFloats = leftPacked ? 0 : RowBlock * kernel.MaxRows * DepthBlock;
        RightScratchFloats = rightPacked ? 0 : ColumnBlock * kernel.WideColumns * DepthBlock;
        PartScratchFloats = Align(LeftScratchFloats) + Align(RightScratchFloats) + Align(kernel.MaxRows * kernel.WideColumns);
    }

    /// <summary>The micro-kernel.</summary>
    public GemmMicroKernel Kernel { get; }

    /// <summary>Rows of the result.</summary>
    public int M { get; }

    /// <summary>Columns of the result.</summary>
    public int N { get; }

    /// <summary>Depth.</summary>
    public int K { get; }

    /// <summary>Number of products.</summary>
    public int Batches { get; }

    /// <summary>Whether the left side is packed ahead.</summary>
    public bool LeftPacked { get; }

    /// <summary>Whether the right side is packed ahead.</summary>
    public bool RightPacked { get; }

    /// <summary>Panels of rows.</summary>
    public int RowPanels { get; }

    /// <summary>Panels of columns.</summary>
    public int ColumnPanels { get; }

    /// <summary>Columns rounded up to whole vectors.</summary>
    public int PaddedColumns { get; }

    /// <summary>Steps of depth between write-backs.</summary>
    public int DepthBlock { get; }

    /// <summary>Row panels of a block.</summary>
    public int RowBlock { get; }

    /// <summary>Column panels of a block.</summary>
    public int ColumnBlock { get; }

    /// <summary>Tasks a product is cut into along the rows.</summary>
    public int GridRows { get; }

    /// <summary>Tasks a product is cut into along the columns.</summary>
    public int GridColumns { get; }

    /// <summary>All tasks.</summary>
    public int Tasks => Batches * GridRows * GridColumns;

    /// <summary>Parts for the worker pool; each has scratch memory of its own and does every <c>Parts</c>-th task.</summary>
    public int Parts { get; }

    /// <summary>Scratch floats of one part for packing left panels.</summary>
    public int LeftScratchFloats { get; }

    /// <summary>Scratch floats of one part for packing right panels.</summary>
    public int RightScratchFloats { get; }

    /// <summary>Scratch floats of one part: left block, right block, one tile.</summary>
    public int PartScratchFloats { get; }

    /// <summary>Floats of one packed left matrix.</summary>
    public long PackedLeftFloats => (long)M * K;

    /// <summary>Floats of one packed right matrix.</summary>
    public long PackedRightFloats => (long)PaddedColumns * K;

    /// <summary>First row of a row panel.</summary>
    public int RowStart(int panel) => (panel * _rowBase) + Math.Min(panel, _rowExtra);

    /// <summary>Columns a column panel occupies when packed: one or two vectors.</summary>
    public int PanelWidth(int panel) => Math.Min(Kernel.WideColumns, PaddedColumns - (panel * Kernel.WideColumns));

    /// <summary>Rounds up to 64 bytes.</summary>
    public static int Align(int floats) => checked(floats + 15) & ~15;

    private static int Ceiling(int value, int unit) => (int)(((long)value + unit - 1) / unit);

    private (int Rows, int Columns) ChooseGrid(int width)
    {
        if (width <= 1 || Batches == 0 || (Batches >= width && (Batches % width == 0 || Batches >= 4 * width)))
        {
            return (1, 1);
        }

        // Columns first: each task then packs right panels that no other needs. Few columns: rows, which only repeats cheap packing.
        if (ColumnPanels >= 2 * width || ColumnPanels >= RowPanels)
        {
            return (1, Math.Max(1, Math.Min(ColumnPanels, width)));
        }

        return (Math.Max(1, Math.Min(RowPanels, width)), 1);
    }
}
