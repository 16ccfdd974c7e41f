using System.Runtime.CompilerServices;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>A walk over an output and up to <see cref="MaxInputs"/> inputs broadcast to it, with neighbouring dimensions merged: rows of
/// <see cref="Inner"/> elements in which every input either advances by one or stands still.</summary>
/// <remarks>Immutable. Merging makes equal shapes and scalars one row, and a per-channel operand rows of one channel, so that kernels only
/// ever see contiguous or repeated inner data and no index arithmetic per element is left.</remarks>
internal sealed class BroadcastPlan
{
    /// <summary>Most inputs an operation broadcasts (FakeQuantize).</summary>
    public const int MaxInputs = 5;

    private readonly int[] _outer;
    private readonly int[] _strides;
    private readonly bool[] _advances;

    /// <summary>Plans the walk; every shape has been checked to broadcast to <paramref name="output"/> by numpy alignment.</summary>
    public BroadcastPlan(in Shape output, params ReadOnlySpan<Shape> inputs)
    {
        InputCount = inputs.Length;
        Span<int> dims = stackalloc int[Shape.MaxRank];
        Span<int> strides = stackalloc int[Shape.MaxRank * MaxInputs];
        var rank = Collapse(output, inputs, dims, strides);
        Inner = rank == 0 ? 1 : dims[rank - 1];
        _advances = new bool[InputCount];
        var outerRank = Math.Max(rank - 1, 0);
        _outer = dims[..outerRank].ToArray();
        _strides = new int[outerRank * InputCount];
        Rows = Inner == 0 ? 0 : 1;
        foreach (var dim in _outer)
        {
            Rows *= dim;
        }

        for (var input = 0; input < InputCount; input++)
        {
            _advances[input] = rank == 0 || strides[((rank - 1) * InputCount) + input] != 0;
            for (var axis = 0; axis < outerRank; axis++)
            {
                _strides[(axis * InputCount) + input] = strides[(axis * InputCount) + input];
            }
        }
    }

    /// <summary>Number of inputs.</summary>
    public int InputCount { get; }

    /// <summary>Number of rows; 0 for an empty output.</summary>
    public int Rows { get; }

    /// <summary>Elements of a row.</summary>
    public int Inner { get; }

    /// <summary>Whether the input advances with the output inside a row; otherwise one element serves the whole row.</summary>
    public bool Advances(int input) => _advances[input];

    /// <summary>Starts at a row.</summary>
    public Cursor At(int row)
    {
        var cursor = default(Cursor);
        for (var axis = _outer.Length - 1; axis >= 0; axis--)
        {
            var index = row % _outer[axis];
            row /= _outer[axis];
            cursor.Indices[axis] = index;
            for (var input = 0; input < InputCount; input++)
            {
                cursor.Offsets[input] += index * _strides[(axis * InputCount) + input];
            }
        }

        return cursor;
    }

    /// <summary>Moves to the next row.</summary>
    public void Next(ref Cursor cursor)
    {
        for (var axis = _outer.Length - 1; axis >= 0; axis--)
        {
            var wraps = ++cursor.Indices[axis] == _outer[axis];
            var step = wraps ? 1 - _outer[axis] : 1;
            for (var input = 0; input < InputCount; input++)
            {
                cursor.Offsets[input] += step * _strides[(axis * InputCount) + input];
            }

            if (!wraps)
            {
                return;
            }

            cursor.Indices[axis] = 0;
        }
    }

    // Drops dimensions of one and merges a dimension into the one before it when all inputs walk both as one.
    private static int Collapse(in Shape output, ReadOnlySpan<Shape> inputs, Span<int> dims, Span<int> strides)
    {
        Span<int> running = stackalloc int[MaxInputs];
        running.Fill(1);
        Span<int> reversedDims = stackalloc int[Shape.MaxRank];
        Span<int> reversedStrides = stackalloc int[Shape.MaxRank * MaxInputs];
        Span<int> here = stackalloc int[MaxInputs];
        var count = 0;
        for (var axis = output.Rank - 1; axis >= 0; axis--)
        {
            var size = (int)output[axis];
            for (var input = 0; input < inputs.Length; input++)
            {
                var own = axis - output.Rank + inputs[input].Rank;
                var dim = own < 0 ? 1 : (int)inputs[input][own];
                here[input] = dim == 1 ? 0 : running[input];
                running[input] *= dim;
            }

            if (size == 1)
            {
                continue;
            }

            if (count > 0 && Merges(reversedStrides[((count - 1) * inputs.Length)..], reversedDims[count - 1], here, inputs.Length))
            {
                reversedDims[count - 1] *= size;
                continue;
            }

            reversedDims[count] = size;
            here[..inputs.Length].CopyTo(reversedStrides[(count * inputs.Length)..]);
            count++;
        }

        for (var i = 0; i < count; i++)
        {
            dims[i] = reversedDims[count - 1 - i];
            reversedStrides.Slice((count - 1 - i) * inputs.Length, inputs.Length).CopyTo(strides[(i * inputs.Length)..]);
        }

        return count;
    }

    private static bool Merges(ReadOnlySpan<int> innerStrides, int innerSize, ReadOnlySpan<int> outerStrides, int inputs)
    {
        for (var input = 0; input < inputs; input++)
        {
            if (outerStrides[input] != innerStrides[input] * innerSize)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A position of the walk: element offsets of every input.</summary>
    internal struct Cursor
    {
        /// <summary>Element offsets by input.</summary>
        public InputOffsets Offsets;

        internal RowIndices Indices;
    }

    [InlineArray(MaxInputs)]
    internal struct InputOffsets
    {
        private int _first;
    }

    [InlineArray(Shape.MaxRank)]
    internal struct RowIndices
    {
        private int _first;
    }
}
