namespace Ovms.Runtime.Tensors;

/// <summary>Declared shape of a model input or output: known rank with fixed, ranged or free dimensions, or any rank.</summary>
public sealed class PartialShape : IEquatable<PartialShape>
{
    private readonly Dimension[] _dimensions;

    /// <summary>A shape of known rank.</summary>
    public PartialShape(params Dimension[] dimensions)
    {
        ArgumentNullException.ThrowIfNull(dimensions);
        _dimensions = dimensions;
        IsRankKnown = true;
    }

    private PartialShape()
    {
        _dimensions = [];
    }

    /// <summary>A shape of any rank.</summary>
    public static PartialShape AnyRank { get; } = new PartialShape();

    /// <summary>False when any rank is allowed.</summary>
    public bool IsRankKnown { get; }

    /// <summary>Number of dimensions; meaningful only when <see cref="IsRankKnown"/>.</summary>
    public int Rank => _dimensions.Length;

    /// <summary>The dimensions, outermost first.</summary>
    public ReadOnlySpan<Dimension> Dims => _dimensions;

    /// <summary>One dimension.</summary>
    public Dimension this[int axis] => _dimensions[axis];

    /// <summary>True when rank and every dimension are fixed.</summary>
    public bool IsStatic => IsRankKnown && Array.TrueForAll(_dimensions, static d => d.IsStatic);

    /// <summary>A fully fixed shape.</summary>
    public static PartialShape Of(params ReadOnlySpan<long> sizes)
    {
        var dimensions = new Dimension[sizes.Length];
        for (var i = 0; i < sizes.Length; i++)
        {
            dimensions[i] = sizes[i] < 0 ? Dimension.Any : Dimension.Fixed(sizes[i]);
        }

        return new PartialShape(dimensions);
    }

    /// <summary>Whether a concrete shape is allowed.</summary>
    public bool Allows(in Shape shape)
    {
        if (!IsRankKnown)
        {
            return true;
        }

        if (shape.Rank != Rank)
        {
            return false;
        }

        for (var i = 0; i < _dimensions.Length; i++)
        {
            if (!_dimensions[i].Allows(shape[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The one allowed shape.</summary>
    /// <exception cref="InvalidOperationException">The shape is not static.</exception>
    public Shape ToShape()
    {
        if (!IsStatic)
        {
            throw new InvalidOperationException("the shape is not static: " + ToString());
        }

        var shape = default(Shape);
        foreach (var dimension in _dimensions)
        {
            if (!shape.TryAppend(dimension.Min))
            {
                throw new InvalidOperationException("rank above the limit: " + ToString());
            }
        }

        return shape;
    }

    /// <inheritdoc/>
    public bool Equals(PartialShape? other) =>
        other is not null && IsRankKnown == other.IsRankKnown && _dimensions.AsSpan().SequenceEqual(other._dimensions);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PartialShape);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(IsRankKnown);
        foreach (var dimension in _dimensions)
        {
            hash.Add(dimension);
        }

        return hash.ToHashCode();
    }

    /// <summary>Text as clients see it: <c>(1,-1,[1~8])</c>; any rank prints <c>(...)</c>.</summary>
    public override string ToString() => IsRankKnown ? "(" + string.Join(',', _dimensions) + ")" : "(...)";
}
