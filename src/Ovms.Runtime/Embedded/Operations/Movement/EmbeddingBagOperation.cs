using System.Numerics;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>EmbeddingBagOffsetsSum-3, EmbeddingBagOffsets-15, EmbeddingBagPackedSum-3, EmbeddingBagPacked-15 and EmbeddingSegmentsSum-3:
/// sums or means of table rows per bag.</summary>
/// <remarks>An empty bag takes the row of the default index, or zeros without one (or with −1).</remarks>
internal sealed class EmbeddingBagOperation : MovementOperation
{
    private readonly Kind _kind;
    private readonly bool _mean;

    private EmbeddingBagOperation(GraphNode node, Kind kind, bool hasReduction)
        : base(node)
    {
        _kind = kind;
        RequireInputs(kind switch { Kind.Packed => 2, Kind.Offsets => 3, _ => 4 });
        _mean = hasReduction && node.Attributes.GetEnum("reduction", "sum") switch
        {
            "sum" => false,
            "mean" => true,
            var other => throw node.Error($"reduction \"{other}\" is not known"),
        };
        if (_mean && node.Inputs.Length > WeightsInput)
        {
            throw node.Error("weights go with reduction sum only");
        }
    }

    private enum Kind
    {
        Offsets,
        Packed,
        Segments,
    }

    /// <inheritdoc/>
    public override bool ComputesHalf => false;

    private int WeightsInput => _kind switch { Kind.Packed => 2, Kind.Offsets => 4, _ => 5 };

    public static EmbeddingBagOperation Offsets(GraphNode node, bool hasReduction) => new(node, Kind.Offsets, hasReduction);

    public static EmbeddingBagOperation Packed(GraphNode node, bool hasReduction) => new(node, Kind.Packed, hasReduction);

    public static EmbeddingBagOperation Segments(GraphNode node) => new(node, Kind.Segments, hasReduction: false);

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (table, indices) = (context.Input(0), context.Input(1));
        if (_kind == Kind.Segments && !HaveData(context, 3, 3))
        {
            return false;
        }

        var fits = table.Shape.Rank >= 1 && NumberDispatch.Supports(table.Type) && indices.Shape.Rank == (_kind == Kind.Packed ? 2 : 1)
            && (_kind != Kind.Segments || context.Input(2).Shape == indices.Shape);
        if (context.HasInput(WeightsInput))
        {
            fits &= context.Input(WeightsInput).Shape == indices.Shape && context.Input(WeightsInput).Type == table.Type;
        }

        if (!fits)
        {
            throw Node.Error($"table {table.Shape} of {table.Type.IrName()} does not go with indices {indices.Shape}");
        }

        var shape = table.Shape;
        shape[0] = _kind switch
        {
            Kind.Packed => indices.Shape[0],
            Kind.Offsets => context.Input(2).Count,
            _ => ReadScalar(context.Input(3), "num_segments") is >= 0 and var segments ? segments : throw Node.Error("num_segments is negative"),
        };
        context.SetOutput(0, table.Type, shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var kernel = new Kernel(this, context);
        NumberDispatch.Run(context.Input(0).Type, ref kernel);
    }

    private void Run<T>(OperationContext context)
        where T : unmanaged, INumber<T>
    {
        var output = context.Output(0).As<T>();
        output.Clear();
        var shape = context.Output(0).Shape;
        var bags = (int)shape[0];
        var width = (int)shape.Product(1, shape.Rank);
        var position = 0;
        for (var bag = 0; bag < bags; bag++)
        {
            var end = End(context, bag, bags, ref position);
            var row = output.Slice(bag * width, width);
            if (end <= position)
            {
                AddDefault(context, row);
            }

            for (var p = position; p < end; p++)
            {
                var weight = context.HasInput(WeightsInput) ? context.Input(WeightsInput).As<T>()[p] : T.One;
                Add(context, row, ReadInt(context.Input(1), p), weight);
            }

            if (_mean && end > position)
            {
                var count = T.CreateTruncating(end - position);
                foreach (ref var value in row)
                {
                    value /= count;
                }
            }

            position = Math.Max(position, end);
        }
    }

    /// <summary>End of a bag among the indices; also moves <paramref name="start"/> to its beginning.</summary>
    private int End(OperationContext context, int bag, int bags, ref int start)
    {
        var count = context.Input(1).Count;
        if (_kind == Kind.Packed)
        {
            return start + (count / bags);
        }

        var list = context.Input(2);
        if (_kind == Kind.Offsets)
        {
            start = Bounded(ReadInt(list, bag), count);
            return bag + 1 < bags ? Bounded(ReadInt(list, bag + 1), count) : count;
        }

        // Segment ids are sorted.
        var end = start;
        while (end < count && ReadInt(list, end) == bag)
        {
            end++;
        }

        return end == start || end == count || ReadInt(list, end) > bag ? end : throw Node.Error("segment ids are not sorted");
    }

    private int Bounded(long offset, int count) =>
        offset >= 0 && offset <= count ? (int)offset : throw Node.Error($"offset {offset} is outside {count} indices");

    private void AddDefault<T>(OperationContext context, Span<T> row)
        where T : unmanaged, INumber<T>
    {
        var input = _kind == Kind.Offsets ? 3 : 4;
        if (_kind != Kind.Packed && context.HasInput(input) && ReadScalar(context.Input(input), "default_index") is not -1 and var index)
        {
            Add(context, row, index, T.One);
        }
    }

    private void Add<T>(OperationContext context, Span<T> row, long index, T weight)
        where T : unmanaged, INumber<T>
    {
        var rows = context.Input(0).Shape[0];
        if ((ulong)index >= (ulong)rows)
        {
            throw Node.Error($"index {index} is outside a table of {rows} rows");
        }

        var source = context.Input(0).As<T>().Slice((int)index * row.Length, row.Length);
        for (var i = 0; i < row.Length; i++)
        {
            row[i] += source[i] * weight;
        }
    }

    private readonly ref struct Kernel(EmbeddingBagOperation owner, OperationContext context) : INumberKernel
    {
        public void Run<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T> => owner.Run<T>(context);
    }
}
