namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>One side of a <see cref="MatrixJob"/>: packed panels, or stored matrices one after the other.</summary>
internal unsafe struct MatrixOperand
{
    /// <summary>Panels packed ahead, or null.</summary>
    public PackedPanels? Packed;

    /// <summary>First float of the first stored matrix.</summary>
    public float* Data;

    /// <summary>Whether the stored matrix is the transpose of the operand.</summary>
    public bool Transposed;

    /// <summary>Which stored (or packed) matrix a batch takes; null when all take the first.</summary>
    public int[]? Index;

    /// <summary>Packs a panel of this operand as the left side.</summary>
    public readonly void PackLeft(GemmLayout layout, int batch, int row, int rows, int k, int depth, float* target)
    {
        var source = Data + ((Index is { } index ? index[batch] : 0) * (nint)layout.M * layout.K);
        if (Transposed)
        {
            PanelPacker.Copy(source + ((nint)k * layout.M) + row, layout.M, rows, depth, target, rows);
        }
        else
        {
            PanelPacker.Transpose(source + ((nint)row * layout.K) + k, layout.K, rows, depth, target, rows);
        }
    }

    /// <summary>Packs a panel of this operand as the right side.</summary>
    public readonly void PackRight(GemmLayout layout, int batch, int column, int columns, int width, int k, int depth, float* target)
    {
        var source = Data + ((Index is { } index ? index[batch] : 0) * (nint)layout.N * layout.K);
        if (Transposed)
        {
            PanelPacker.Transpose(source + ((nint)column * layout.K) + k, layout.K, columns, depth, target, width);
        }
        else
        {
            PanelPacker.Copy(source + ((nint)k * layout.N) + column, layout.N, columns, depth, target, width);
        }
    }

    /// <summary>Packs whole matrices of this operand as the left side.</summary>
    public readonly PackedPanels PackAllLeft(GemmLayout layout, PackedKey key)
    {
        var packed = PackedPanels.Allocate(layout.PackedLeftFloats, key.Matrices, key);
        var source = this with { Index = null };
        for (var matrix = 0; matrix < key.Matrices; matrix++)
        {
            source.Data = Data + (matrix * (nint)layout.M * layout.K);
            for (var k = 0; k < layout.K; k += layout.DepthBlock)
            {
                var depth = Math.Min(layout.DepthBlock, layout.K - k);
                for (var panel = 0; panel < layout.RowPanels; panel++)
                {
                    var row = layout.RowStart(panel);
                    var target = packed.Data + (matrix * (nint)packed.Stride) + ((nint)k * layout.M) + ((nint)row * depth);
                    source.PackLeft(layout, 0, row, layout.RowStart(panel + 1) - row, k, depth, target);
                }
            }
        }

        return packed;
    }

    /// <summary>Packs whole matrices of this operand as the right side.</summary>
    public readonly PackedPanels PackAllRight(GemmLayout layout, PackedKey key)
    {
        var packed = PackedPanels.Allocate(layout.PackedRightFloats, key.Matrices, key);
        var source = this with { Index = null };
        var wide = layout.Kernel.WideColumns;
        for (var matrix = 0; matrix < key.Matrices; matrix++)
        {
            source.Data = Data + (matrix * (nint)layout.N * layout.K);
            for (var k = 0; k < layout.K; k += layout.DepthBlock)
            {
                var depth = Math.Min(layout.DepthBlock, layout.K - k);
                for (var panel = 0; panel < layout.ColumnPanels; panel++)
                {
                    var column = panel * wide;
                    var target = packed.Data + (matrix * (nint)packed.Stride) + ((nint)k * layout.PaddedColumns) + ((nint)column * depth);
                    source.PackRight(layout, 0, column, Math.Min(wide, layout.N - column), layout.PanelWidth(panel), k, depth, target);
                }
            }
        }

        return packed;
    }
}
