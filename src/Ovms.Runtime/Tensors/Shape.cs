using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Ovms.Runtime.Tensors;

/// <summary>A concrete tensor shape: up to <see cref="MaxRank"/> dimensions held inline, row-major.</summary>
/// <remarks>A value type so that request paths carry shapes without allocating. Dimensions may be negative only while a request is
/// being validated; every tensor that exists has dimensions ≥ 0.</remarks>
public struct Shape : IEquatable<Shape>
{
    /// <summary>Highest rank that tensors of this server have.</summary>
    public const int MaxRank = 8;

    private Dimensions _dimensions;

    /// <summary>Copies <paramref name="dimensions"/>.</summary>
    /// <exception cref="ArgumentException">More than <see cref="MaxRank"/> dimensions.</exception>
    public Shape(params ReadOnlySpan<long> dimensions)
    {
        if (dimensions.Length > MaxRank)
        {
            ThrowRank(dimensions.Length);
        }

        Rank = dimensions.Length;
        dimensions.CopyTo(_dimensions);
    }

    /// <summary>Number of dimensions, 0 for a scalar.</summary>
    public int Rank { get; private set; }

    /// <summary>The shape of a scalar.</summary>
    public static Shape Scalar => default;

    /// <summary>The dimensions, outermost first. The span refers to this variable.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<long> Dims => ((ReadOnlySpan<long>)_dimensions)[..Rank];

    /// <summary>One dimension.</summary>
    public long this[int axis]
    {
        readonly get => Dims[axis];
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)axis, (uint)Rank, nameof(axis));
            _dimensions[axis] = value;
        }
    }

    /// <summary>Product of all dimensions; 1 for a scalar.</summary>
    /// <exception cref="OverflowException">The product does not fit into 63 bits.</exception>
    public readonly long ElementCount
    {
        get
        {
            long count = 1;
            foreach (var dimension in Dims)
            {
                count = checked(count * dimension);
            }

            return count;
        }
    }

    /// <summary>Product of the dimensions, or false when it overflows or a dimension is negative.</summary>
    public readonly bool TryGetElementCount(out long count)
    {
        count = 1;
        var zero = false;
        foreach (var dimension in Dims)
        {
            if (dimension < 0)
            {
                return false;
            }

            zero |= dimension == 0;
            if (!zero && (count > long.MaxValue / Math.Max(dimension, 1)))
            {
                return false;
            }

            count *= dimension;
        }

        return true;
    }

    /// <summary>Appends a dimension.</summary>
    /// <returns>False, changing nothing, when the shape already has <see cref="MaxRank"/> dimensions.</returns>
    public bool TryAppend(long dimension)
    {
        if (Rank == MaxRank)
        {
            return false;
        }

        _dimensions[Rank++] = dimension;
        return true;
    }

    /// <summary>Product of the dimensions in [<paramref name="start"/>, <paramref name="end"/>).</summary>
    public readonly long Product(int start, int end)
    {
        long count = 1;
        foreach (var dimension in Dims[start..end])
        {
            count = checked(count * dimension);
        }

        return count;
    }

    /// <inheritdoc/>
    public readonly bool Equals(Shape other) => Dims.SequenceEqual(other.Dims);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var dimension in Dims)
        {
            hash.Add(dimension);
        }

        return hash.ToHashCode();
    }

    /// <summary>Text as clients see it: <c>(1,3,224,224)</c>, a scalar <c>()</c> (W§2.3).</summary>
    public override readonly string ToString()
    {
        var text = new StringBuilder("(");
        foreach (var dimension in Dims)
        {
            if (text.Length > 1)
            {
                text.Append(',');
            }

            text.Append(dimension.ToString(CultureInfo.InvariantCulture));
        }

        return text.Append(')').ToString();
    }

    /// <summary>Equal ranks and dimensions.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Different rank or dimensions.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    [DoesNotReturn]
    private static void ThrowRank(int rank) => throw new ArgumentException($"rank {rank} is above {MaxRank}");

    [InlineArray(MaxRank)]
    private struct Dimensions
    {
        private long _first;
    }
}
