using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>An equation with concrete sizes: every label has a size, and a stride in each operand and in the result (0 where it is absent).</summary>
internal sealed class EinsumPlan
{
    // Axes of the ellipsis are labels of their own, counted from the last: these characters are not letters.
    private const char FirstEllipsisAxis = '\u0001';

    private EinsumPlan(long[] sizes, long[][] strides, long[] outputStrides, bool[] isReduced, Shape output)
    {
        (Sizes, Strides, OutputStrides, IsReduced, Output) = (sizes, strides, outputStrides, isReduced, output);
    }

    /// <summary>Size of each label.</summary>
    public long[] Sizes { get; }

    /// <summary>Stride of each label, by operand.</summary>
    public long[][] Strides { get; }

    /// <summary>Stride of each label in the result.</summary>
    public long[] OutputStrides { get; }

    /// <summary>Whether a label is summed over.</summary>
    public bool[] IsReduced { get; }

    /// <summary>Shape of the result.</summary>
    public Shape Output { get; }

    /// <summary>Fits an equation to the inputs of a context.</summary>
    /// <exception cref="Errors.ModelLoadException">The shapes do not fit.</exception>
    public static EinsumPlan Resolve(GraphNode node, EinsumEquation equation, OperationContext context)
    {
        var ellipsisRank = 0;
        var axes = new string[equation.Operands.Length];
        for (var i = 0; i < axes.Length; i++)
        {
            axes[i] = Expand(node, equation.Operands[i], context.Input(i).Shape.Rank, out var rank);
            ellipsisRank = Math.Max(ellipsisRank, rank);
        }

        var output = equation.Output.Replace(".", EllipsisAxes(ellipsisRank), StringComparison.Ordinal);
        var labels = output + string.Concat(string.Concat(axes).Distinct().Where(label => !output.Contains(label)));
        var sizes = new long[labels.Length];
        Array.Fill(sizes, 1);
        for (var i = 0; i < axes.Length; i++)
        {
            Measure(node, labels, axes[i], context.Input(i).Shape, sizes);
        }

        var shape = default(Shape);
        for (var i = 0; i < output.Length; i++)
        {
            if (!shape.TryAppend(sizes[i]))
            {
                throw node.Error("the result has too many dimensions");
            }
        }

        var strides = new long[axes.Length][];
        for (var i = 0; i < axes.Length; i++)
        {
            strides[i] = StridesOf(labels, axes[i], context.Input(i).Shape, sizes);
        }

        var reduced = new bool[labels.Length];
        reduced.AsSpan(output.Length).Fill(true);
        return new EinsumPlan(sizes, strides, StridesOf(labels, output, shape, sizes), reduced, shape);
    }

    private static string Expand(GraphNode node, string labels, int rank, out int ellipsisRank)
    {
        var hasEllipsis = labels.Contains(EinsumEquation.Ellipsis);
        ellipsisRank = rank - (hasEllipsis ? labels.Length - 1 : labels.Length);
        if (ellipsisRank < 0 || (!hasEllipsis && ellipsisRank > 0))
        {
            throw node.Error($"labels \"{labels}\" do not fit an operand of rank {rank}");
        }

        return labels.Replace(".", EllipsisAxes(ellipsisRank), StringComparison.Ordinal);
    }

    // The last axis of an ellipsis is always the first label, so that operands align on the right.
    private static string EllipsisAxes(int rank)
    {
        var axes = new char[rank];
        for (var i = 0; i < rank; i++)
        {
            axes[rank - 1 - i] = (char)(FirstEllipsisAxis + i);
        }

        return new string(axes);
    }

    private static void Measure(GraphNode node, string labels, string axes, in Shape shape, long[] sizes)
    {
        for (var axis = 0; axis < axes.Length; axis++)
        {
            ref var size = ref sizes[labels.IndexOf(axes[axis])];
            if (size == 1)
            {
                size = shape[axis];
            }
            else if (shape[axis] != size && (shape[axis] != 1 || char.IsAsciiLetter(axes[axis])))
            {
                throw node.Error($"sizes {size} and {shape[axis]} have the same label");
            }
        }
    }

    private static long[] StridesOf(string labels, string axes, in Shape shape, long[] sizes)
    {
        var strides = new long[labels.Length];
        long stride = 1;
        for (var axis = axes.Length - 1; axis >= 0; axis--)
        {
            var label = labels.IndexOf(axes[axis]);
            if (shape[axis] == sizes[label] && shape[axis] != 1)
            {
                // A label twice in one operand walks the diagonal.
                strides[label] += stride;
            }

            stride *= shape[axis];
        }

        return strides;
    }
}
