using System.Numerics;
using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>How an update combines with what a cell holds.</summary>
internal enum ScatterReduction
{
    None,
    Sum,
    Sub,
    Prod,
    Min,
    Max,
    Mean,
}

/// <summary>Reading and applying <see cref="ScatterReduction"/>.</summary>
internal static class ScatterReductions
{
    /// <summary>The attribute <c>reduction</c>; a variant without <c>sub</c> or <c>mean</c> refuses it.</summary>
    public static ScatterReduction Read(GraphNode node, bool sub, bool mean) => node.Attributes.GetEnum("reduction", "none") switch
    {
        "none" => ScatterReduction.None,
        "sum" => ScatterReduction.Sum,
        "sub" when sub => ScatterReduction.Sub,
        "prod" => ScatterReduction.Prod,
        "min" => ScatterReduction.Min,
        "max" => ScatterReduction.Max,
        "mean" when mean => ScatterReduction.Mean,
        var other => throw node.Error($"reduction \"{other}\" is not known"),
    };

    /// <summary>For booleans a sum is OR and a product AND: the larger and the smaller byte.</summary>
    public static ScatterReduction ForBooleans(ScatterReduction reduction) => reduction switch
    {
        ScatterReduction.Sum => ScatterReduction.Max,
        ScatterReduction.Prod => ScatterReduction.Min,
        _ => reduction,
    };

    /// <summary>The value that leaves an update unchanged.</summary>
    public static T Neutral<T>(ScatterReduction reduction)
        where T : INumber<T>, IMinMaxValue<T> => reduction switch
    {
        ScatterReduction.Prod => T.One,
        ScatterReduction.Min => T.MaxValue,
        ScatterReduction.Max => T.MinValue,
        _ => T.Zero,
    };

    /// <summary>One update; integers wrap.</summary>
    public static T Apply<T>(ScatterReduction reduction, T cell, T update)
        where T : INumber<T> => reduction switch
    {
        ScatterReduction.Sum or ScatterReduction.Mean => cell + update,
        ScatterReduction.Sub => cell - update,
        ScatterReduction.Prod => cell * update,
        ScatterReduction.Min => update < cell ? update : cell,
        ScatterReduction.Max => update > cell ? update : cell,
        _ => update,
    };
}
