using System.Runtime.CompilerServices;

namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>One running (batched) matrix product: walks blocks and panels, packs what is not packed ahead, calls the micro-kernel.</summary>
/// <remarks>Kept by a request and reused; fields are set by the caller's thread before <see cref="WorkerPool.Run"/> and only read by workers.
/// Subclasses say where the matrices come from.</remarks>
internal abstract unsafe class GemmJob : IParallelWork
{
    // SAFETY (whole class): pointers refer to tensors, packed constants and scratch memory that the request holds while it runs; every index is
    // below the sizes of the layout that these were made for. Pointers instead of spans because a tile addresses three matrices with strides.
    private float* _scratch;

    /// <summary>The cut; set by <see cref="Execute"/>.</summary>
    protected GemmLayout Layout { get; private set; } = null!;

    /// <summary>What is done to finished tiles.</summary>
    protected GemmEpilogue Epilogue { get; private set; } = GemmEpilogue.None;

    /// <summary>Does every task of one part.</summary>
    public void Run(int part)
    {
        var tasks = Layout.Tasks;
        for (var task = part; task < tasks; task += Layout.Parts)
        {
            RunTask(task, part);
        }
    }

    /// <summary>Runs the whole product on <paramref name="workers"/>.</summary>
    protected void Execute(GemmLayout layout, GemmEpilogue epilogue, float* scratch, WorkerPool workers)
    {
        (Layout, Epilogue) = (layout, epilogue);
        _scratch = scratch;
        if (layout.Parts > 1)
        {
            workers.Run(this, layout.Parts);
        }
        else if (layout.Parts == 1)
        {
            Run(0);
        }
    }

    /// <summary>First packed float of the left matrix of a batch; only when packed ahead.</summary>
    protected abstract float* PackedLeft(int batch);

    /// <summary>First packed float of the right matrix of a batch; only when packed ahead.</summary>
    protected abstract float* PackedRight(int batch);

    /// <summary>Packs rows [row, row + rows) × depth [k, k + depth) of the left matrix as one panel.</summary>
    protected abstract void PackLeft(int batch, int row, int rows, int k, int depth, float* target);

    /// <summary>Packs depth [k, k + depth) × columns [column, column + columns) of the right matrix as one panel of <paramref name="width"/>.</summary>
    protected abstract void PackRight(int batch, int column, int columns, int width, int k, int depth, float* target);

    /// <summary>First float of the result of a batch, rows <see cref="GemmLayout.N"/> apart.</summary>
    protected abstract float* Result(int batch, int part);

    /// <summary>Row of the first row of a batch in <see cref="GemmEpilogue.RowBias"/>.</summary>
    protected virtual int BiasRow(int batch) => 0;

    /// <summary>Called when a task is finished.</summary>
    protected virtual void Finish(int batch, int part)
    {
    }

    private void RunTask(int task, int part)
    {
        var layout = Layout;
        var batch = task / (layout.GridRows * layout.GridColumns);
        var cell = task % (layout.GridRows * layout.GridColumns);
        var (gridRow, gridColumn) = (cell / layout.GridColumns, cell % layout.GridColumns);
        var rowFirst = (int)((long)layout.RowPanels * gridRow / layout.GridRows);
        var rowLast = (int)((long)layout.RowPanels * (gridRow + 1) / layout.GridRows);
        var columnFirst = (int)((long)layout.ColumnPanels * gridColumn / layout.GridColumns);
        var columnLast = (int)((long)layout.ColumnPanels * (gridColumn + 1) / layout.GridColumns);

        for (var column = columnFirst; column < columnLast; column += layout.ColumnBlock)
        {
            var columnEnd = Math.Min(columnLast, column + layout.ColumnBlock);
            var k = 0;
            do
            {
                RunBlock(new Block(batch, part, rowFirst, rowLast, column, columnEnd, k, Math.Min(layout.DepthBlock, layout.K - k)));
                k += layout.DepthBlock;
            }
            while (k < layout.K);
        }

        Finish(batch, part);
    }

    // One depth block of a block of columns against all rows of the task.
    private void RunBlock(in Block block)
    {
        var layout = Layout;
        var wide = layout.Kernel.WideColumns;
        var leftScratch = _scratch + ((nint)block.Part * layout.PartScratchFloats);
        var rightScratch = leftScratch + GemmLayout.Align(layout.LeftScratchFloats);
        float* right;
        if (layout.RightPacked)
        {
            right = PackedRight(block.Batch) + ((nint)block.K * layout.PaddedColumns) + ((nint)block.Column * wide * block.Depth);
        }
        else
        {
            right = rightScratch;
            for (var panel = block.Column; panel < block.ColumnEnd; panel++)
            {
                var columns = Math.Min(wide, layout.N - (panel * wide));
                PackRight(block.Batch, panel * wide, columns, layout.PanelWidth(panel), block.K, block.Depth, right + ((nint)(panel - block.Column) * wide * block.Depth));
            }
        }

        for (var row = block.RowFirst; row < block.RowLast; row += layout.RowBlock)
        {
            var rowEnd = Math.Min(block.RowLast, row + layout.RowBlock);
            var firstRow = layout.RowStart(row);
            float* left;
            if (layout.LeftPacked)
            {
                left = PackedLeft(block.Batch) + ((nint)block.K * layout.M) + ((nint)firstRow * block.Depth);
            }
            else
            {
                left = leftScratch;
                for (var panel = row; panel < rowEnd; panel++)
                {
                    var start = layout.RowStart(panel);
                    PackLeft(block.Batch, start, layout.RowStart(panel + 1) - start, block.K, block.Depth, left + ((nint)(start - firstRow) * block.Depth));
                }
            }

            RunTiles(block, row, rowEnd, left, right);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunTiles(in Block block, int rowPanel, int rowPanelEnd, float* left, float* right)
    {
        var layout = Layout;
        var wide = layout.Kernel.WideColumns;
        var firstRow = layout.RowStart(rowPanel);
        var result = Result(block.Batch, block.Part);
        var last = block.K + block.Depth >= layout.K && !Epilogue.IsEmpty;
        for (var panel = block.Column; panel < block.ColumnEnd; panel++, right += (nint)wide * block.Depth)
        {
            var column = panel * wide;
            var columns = Math.Min(wide, layout.N - column);
            var width = layout.PanelWidth(panel);
            for (var i = rowPanel; i < rowPanelEnd; i++)
            {
                var row = layout.RowStart(i);
                var rows = layout.RowStart(i + 1) - row;
                var tile = result + ((nint)row * layout.N) + column;
                var panelData = left + ((nint)(row - firstRow) * block.Depth);
                if (columns == width)
                {
                    layout.Kernel.Multiply(rows, width == wide, block.Depth, panelData, right, tile, layout.N, block.K > 0);
                }
                else
                {
                    RunEdge(block, rows, columns, width, panelData, right, tile);
                }

                if (last)
                {
                    var biasRow = BiasRow(block.Batch) + row;
                    for (var r = 0; r < rows; r++)
                    {
                        Epilogue.Apply(new Span<float>(tile + ((nint)r * layout.N), columns), biasRow + r, column);
                    }
                }
            }
        }
    }

    // A tile that ends inside a vector: through a full tile of scratch memory.
    private void RunEdge(in Block block, int rows, int columns, int width, float* left, float* right, float* tile)
    {
        var layout = Layout;
        var wide = layout.Kernel.WideColumns;
        var full = _scratch + ((nint)block.Part * layout.PartScratchFloats) + GemmLayout.Align(layout.LeftScratchFloats) + GemmLayout.Align(layout.RightScratchFloats);
        layout.Kernel.Multiply(rows, width == wide, block.Depth, left, right, full, wide, accumulate: false);
        for (var row = 0; row < rows; row++, full += wide, tile += layout.N)
        {
            if (block.K == 0)
            {
                Unsafe.CopyBlockUnaligned(tile, full, (uint)columns * sizeof(float));
            }
            else
            {
                for (var i = 0; i < columns; i++)
                {
                    tile[i] += full[i];
                }
            }
        }
    }

    private readonly record struct Block(int Batch, int Part, int RowFirst, int RowLast, int Column, int ColumnEnd, int K, int Depth);
}
