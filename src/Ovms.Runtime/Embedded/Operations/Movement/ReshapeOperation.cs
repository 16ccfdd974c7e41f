using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Reshape-1, Squeeze-1/15, Unsqueeze-1: the same bytes under another shape (IR sheet §14.9).</summary>
internal sealed class ReshapeOperation : MovementOperation
{
    private readonly Kind _kind;
    private readonly bool _specialZero;

    private ReshapeOperation(GraphNode node, Kind kind)
        : base(node)
    {
        _kind = kind;
        _specialZero = kind == Kind.Reshape && node.Attributes.GetBool("special_zero", false);
        RequireInputs(kind == Kind.Squeeze ? 1 : 2);
    }

    private enum Kind
    {
        Reshape,
        Squeeze,
        Unsqueeze,
    }

    /// <inheritdoc/>
    public override int AliasedInput => 0;

    public static ReshapeOperation Reshape(GraphNode node) => new(node, Kind.Reshape);

    public static ReshapeOperation Squeeze(GraphNode node) => new(node, Kind.Squeeze);

    public static ReshapeOperation Unsqueeze(GraphNode node) => new(node, Kind.Unsqueeze);

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!HaveData(context, 1, 1))
        {
            return false;
        }

        Span<long> buffer = stackalloc long[MaxList];
        var list = context.HasInput(1) ? ReadInts(context.Input(1), buffer) : [];
        var data = context.Input(0);
        context.SetOutput(0, data.Type, _kind switch
        {
            Kind.Reshape => Reshaped(data.Shape, list),
            Kind.Squeeze => Squeezed(data.Shape, list),
            _ => Unsqueezed(data.Shape, list),
        });
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context) => context.Input(0).Bytes.CopyTo(context.Output(0).Bytes);

    private Shape Reshaped(in Shape input, ReadOnlySpan<long> target)
    {
        var shape = default(Shape);
        var (open, known) = (-1, 1L);
        for (var i = 0; i < target.Length; i++)
        {
            var dimension = target[i];
            if (dimension == 0 && _specialZero)
            {
                dimension = i < input.Rank ? input[i] : throw Node.Error($"a zero at {i} copies no dimension of {input}");
            }

            if (dimension == -1 && open < 0)
            {
                open = i;
                dimension = 1;
            }

            Append(ref shape, dimension);
            known = checked(known * dimension);
        }

        var count = input.ElementCount;
        if (open >= 0)
        {
            // Of an empty tensor any size would do; upstream takes 0.
            shape[open] = known != 0 && count % known == 0 ? count / known
                : known == 0 && count == 0 ? 0
                : throw Node.Error($"{count} elements of {input} do not fit the target shape {shape}");
        }

        return shape.ElementCount == count ? shape : throw Node.Error($"{count} elements of {input} do not fit the target shape {shape}");
    }

    private Shape Squeezed(in Shape input, ReadOnlySpan<long> axes)
    {
        Span<bool> remove = stackalloc bool[Shape.MaxRank];
        remove.Clear();
        foreach (var axis in axes)
        {
            remove[Axis(axis, input.Rank)] = true;
        }

        var shape = default(Shape);
        for (var i = 0; i < input.Rank; i++)
        {
            // A listed axis that is not 1 stays: so both variants behave since 2024.3.
            if (input[i] != 1 || (axes.Length > 0 && !remove[i]))
            {
                Append(ref shape, input[i]);
            }
        }

        return shape;
    }

    private Shape Unsqueezed(in Shape input, ReadOnlySpan<long> axes)
    {
        var rank = input.Rank + axes.Length;
        if (rank > Shape.MaxRank)
        {
            throw Node.Error($"the output rank is above {Shape.MaxRank}");
        }

        Span<bool> inserted = stackalloc bool[Shape.MaxRank];
        inserted.Clear();
        foreach (var axis in axes)
        {
            ref var mark = ref inserted[Axis(axis, rank)];
            mark = mark ? throw Node.Error($"axis {axis} is listed twice") : true;
        }

        var shape = default(Shape);
        for (int i = 0, from = 0; i < rank; i++)
        {
            Append(ref shape, inserted[i] ? 1 : input[from++]);
        }

        return shape;
    }
}
