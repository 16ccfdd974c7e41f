using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>SparseFillEmptyRows-16: gives every row of a sparse matrix without an entry the default value in column 0.</summary>
internal sealed class SparseFillEmptyRowsOperation : MovementOperation
{
    public SparseFillEmptyRowsOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(4);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (values, indices) = (context.Input(0), context.Input(2));
        var size = ElementSize(values.Type);
        if (values.Shape.Rank != 1 || context.Input(1).Count != 2 || indices.Shape != new Shape(values.Count, 2) || size == 0
            || indices.Type is not (ElementType.I32 or ElementType.I64) || context.Input(3).Type != values.Type || context.Input(3).Count != 1)
        {
            throw Node.Error($"values {values.Shape} do not go with indices {indices.Shape} of {indices.Type.IrName()}");
        }

        if (!HaveData(context, 1, 2))
        {
            return false;
        }

        var rows = ReadInt(context.Input(1), 0);
        long empty = 0;
        for (var (row, entry) = (0L, 0); row < rows; row++)
        {
            var count = CountRow(context, row, rows, ref entry);
            empty += count == 0 ? 1 : 0;
        }

        var total = values.Count + empty;
        context.SetOutput(0, indices.Type, new Shape(total, 2));
        context.SetOutput(1, values.Type, new Shape(total));
        context.SetOutput(2, ElementType.Boolean, new Shape(rows));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var (values, indices) = (context.Input(0), context.Input(2));
        var size = ElementSize(values.Type);
        var pair = 2 * ElementSize(indices.Type);
        var rows = ReadInt(context.Input(1), 0);
        var (entry, written) = (0, 0);
        for (long row = 0; row < rows; row++)
        {
            var first = entry;
            var count = CountRow(context, row, rows, ref entry);
            context.Output(2).Bytes[(int)row] = count == 0 ? (byte)1 : (byte)0;
            if (count == 0)
            {
                context.Output(0).Bytes.Slice(written * pair, pair).Clear();
                if (indices.Type == ElementType.I64)
                {
                    context.Output(0).As<long>()[written * 2] = row;
                }
                else
                {
                    context.Output(0).As<int>()[written * 2] = (int)row;
                }

                context.Input(3).Bytes.CopyTo(context.Output(1).Bytes[(written * size)..]);
                written++;
                continue;
            }

            indices.Bytes.Slice(first * pair, count * pair).CopyTo(context.Output(0).Bytes[(written * pair)..]);
            values.Bytes.Slice(first * size, count * size).CopyTo(context.Output(1).Bytes[(written * size)..]);
            written += count;
        }
    }

    /// <summary>Entries of a row; entries are sorted by row.</summary>
    private int CountRow(OperationContext context, long row, long rows, ref int entry)
    {
        var indices = context.Input(2);
        var first = entry;
        while (entry < context.Input(0).Count && ReadInt(indices, entry * 2) == row)
        {
            entry++;
        }

        if (entry < context.Input(0).Count && (ReadInt(indices, entry * 2) < row || (row == rows - 1)))
        {
            throw Node.Error("the row indices are not sorted or out of range");
        }

        return entry - first;
    }
}
