using System.Globalization;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Embedded.Operations.Elementwise;

namespace Ovms.Runtime.Embedded.Operations.Reductions;

/// <summary>A tensor seen as kept and reduced dimensions, neighbours of one kind merged and ones dropped: for every kept position a number
/// of rows, contiguous runs of <see cref="Inner"/> elements.</summary>
/// <remarks>When <see cref="InnerIsReduced"/> a row folds into one value; otherwise the innermost dimension is kept, and the rows of a kept
/// position fold element by element into a row of results. Immutable.</remarks>
internal sealed class AxisWalk
{
    private readonly int[] _keptDims;
    private readonly int[] _keptStrides;
    private readonly int[] _rowDims;
    private readonly int[] _rowStrides;

    /// <summary>Plans the walk over <paramref name="shape"/>; <paramref name="reduced"/> has a bit for every reduced axis.</summary>
    public AxisWalk(in Shape shape, uint reduced)
    {
        Span<int> dims = stackalloc int[Shape.MaxRank];
        Span<bool> flags = stackalloc bool[Shape.MaxRank];
        var rank = 0;
        for (var axis = 0; axis < shape.Rank; axis++)
        {
            var isReduced = ((reduced >> axis) & 1) != 0;
            if (shape[axis] == 1)
            {
                continue;
            }

            if (rank > 0 && flags[rank - 1] == isReduced)
            {
                dims[rank - 1] *= (int)shape[axis];
            }
            else
            {
                (dims[rank], flags[rank]) = ((int)shape[axis], isReduced);
                rank++;
            }
        }

        InnerIsReduced = rank == 0 || flags[rank - 1];
        Inner = rank == 0 ? 1 : dims[rank - 1];
        (List<int> kept, List<int> keptStrides, List<int> rows, List<int> rowStrides) = ([], [], [], []);
        var stride = Inner;
        for (var axis = rank - 2; axis >= 0; axis--)
        {
            (flags[axis] ? rows : kept).Insert(0, dims[axis]);
            (flags[axis] ? rowStrides : keptStrides).Insert(0, stride);
            stride *= dims[axis];
        }

        (_keptDims, _keptStrides, _rowDims, _rowStrides) = ([.. kept], [.. keptStrides], [.. rows], [.. rowStrides]);
        Kept = Product(_keptDims);
        Rows = Product(_rowDims);
        ReducedCount = Rows * (InnerIsReduced ? Inner : 1);
    }

    /// <summary>Whether a row folds into one value.</summary>
    public bool InnerIsReduced { get; }

    /// <summary>Elements of a row.</summary>
    public int Inner { get; }

    /// <summary>Kept positions outside the rows.</summary>
    public int Kept { get; }

    /// <summary>Rows of every kept position.</summary>
    public int Rows { get; }

    /// <summary>Elements that fold into one result.</summary>
    public int ReducedCount { get; }

    /// <summary>Offset of the first element of a kept position.</summary>
    public int KeptOffset(int position) => Offset(_keptDims, _keptStrides, position);

    /// <summary>Offset of a row from its kept position.</summary>
    public int RowOffset(int row) => Offset(_rowDims, _rowStrides, row);

    /// <summary>Reads axes (scalar or 1-D, negative from the end, unique) into bits.</summary>
    /// <exception cref="Errors.ModelLoadException">An axis is out of range or repeated.</exception>
    public static uint ReadAxes(GraphNode node, TensorValue axes, int rank)
    {
        if (!axes.Type.IsInteger() || axes.Shape.Rank > 1)
        {
            throw node.Error($"axes must be integers, scalar or 1-D, not {axes.Type.IrName()} {axes.Shape}");
        }

        var bits = 0u;
        for (var i = 0; i < axes.Count; i++)
        {
            var bit = 1u << NormalizeAxis(node, ElementConversion.ReadIndex(axes, i), rank);
            bits = (bits & bit) == 0 ? bits | bit : throw node.Error("axes are not unique");
        }

        return bits;
    }

    /// <summary>An axis counted from the front.</summary>
    /// <exception cref="Errors.ModelLoadException">The axis is out of range.</exception>
    public static int NormalizeAxis(GraphNode node, long axis, int rank) =>
        axis >= -rank && axis < rank
            ? (int)(axis < 0 ? axis + rank : axis)
            : throw node.Error(string.Create(CultureInfo.InvariantCulture, $"axis {axis} is out of range for rank {rank}"));

    private static int Product(int[] dims)
    {
        var product = 1;
        foreach (var dim in dims)
        {
            product *= dim;
        }

        return product;
    }

    private static int Offset(int[] dims, int[] strides, int index)
    {
        if (dims.Length == 1)
        {
            return index * strides[0];
        }

        var offset = 0;
        for (var axis = dims.Length - 1; axis >= 0; axis--)
        {
            offset += index % dims[axis] * strides[axis];
            index /= dims[axis];
        }

        return offset;
    }
}
