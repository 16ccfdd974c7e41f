using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>How the shapes of elementwise inputs are matched: attribute <c>auto_broadcast</c> (IR sheet §12.1).</summary>
internal enum BroadcastRule
{
    /// <summary>Aligned at the last dimension, equal or 1.</summary>
    Numpy,

    /// <summary>Equal shapes only.</summary>
    None,

    /// <summary>Inputs are aligned with the leading dimensions of the main input; the result has the main input's shape.</summary>
    Pdpd,
}

/// <summary>Reading and applying <see cref="BroadcastRule"/>.</summary>
internal static class BroadcastRules
{
    /// <summary>The rule a layer states; an <c>axis</c> beside it is ignored, as the reference reader does.</summary>
    public static BroadcastRule Read(GraphNode node) => node.Attributes.GetEnum("auto_broadcast", "numpy") switch
    {
        "numpy" => BroadcastRule.Numpy,
        "none" => BroadcastRule.None,
        "pdpd" => BroadcastRule.Pdpd,
        var other => throw node.Error($"auto_broadcast=\"{other}\" is not supported"),
    };

    /// <summary>Shape of the result of two inputs; <paramref name="left"/> is the main input.</summary>
    public static Shape Merge(GraphNode node, BroadcastRule rule, in Shape left, in Shape right)
    {
        Shape result;
        var fits = rule switch
        {
            BroadcastRule.Numpy => TryMergeNumpy(left, right, out result),
            BroadcastRule.Pdpd => FitsLeading(result = left, Align(rule, left, right)),
            _ => (result = left) == right,
        };

        return fits ? result : throw node.Error($"shapes {left} and {right} do not match (auto_broadcast={rule})");
    }

    /// <summary>The shape of an input as numpy alignment sees it: for pdpd, ones are appended up to the main input's rank.</summary>
    public static Shape Align(BroadcastRule rule, in Shape main, in Shape input)
    {
        if (rule != BroadcastRule.Pdpd)
        {
            return input;
        }

        var aligned = default(Shape);
        for (var axis = 0; axis < main.Rank; axis++)
        {
            _ = aligned.TryAppend(axis < input.Rank ? input[axis] : 1);
        }

        // A longer input keeps its extra dimensions unless they are ones, so that the comparison refuses it.
        for (var axis = main.Rank; axis < input.Rank; axis++)
        {
            if (input[axis] != 1)
            {
                return input;
            }
        }

        return aligned;
    }

    private static bool FitsLeading(in Shape main, in Shape aligned)
    {
        if (aligned.Rank != main.Rank)
        {
            return false;
        }

        for (var axis = 0; axis < main.Rank; axis++)
        {
            if (aligned[axis] != main[axis] && aligned[axis] != 1)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryMergeNumpy(in Shape left, in Shape right, out Shape result)
    {
        result = default;
        var rank = Math.Max(left.Rank, right.Rank);
        for (var axis = 0; axis < rank; axis++)
        {
            var l = axis - rank + left.Rank;
            var r = axis - rank + right.Rank;
            var x = l < 0 ? 1 : left[l];
            var y = r < 0 ? 1 : right[r];
            if (x != y && x != 1 && y != 1)
            {
                return false;
            }

            _ = result.TryAppend(x == 1 ? y : x);
        }

        return true;
    }
}
