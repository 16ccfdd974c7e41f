namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>Elements of a tensor in the order of some labels.</summary>
internal sealed class EinsumOrder
{
    private readonly int[] _sizes;
    private readonly int[] _strides;
    private readonly int _inner = 1;
    private readonly int _innerStride;

    public EinsumOrder(long[] sizes, long[] strides, int[] labels)
    {
        _sizes = Array.ConvertAll(labels, label => checked((int)sizes[label]));
        _strides = Array.ConvertAll(labels, label => checked((int)strides[label]));
        long count = 1;
        foreach (var size in _sizes)
        {
            count = checked(count * size);
        }

        Count = checked((int)count);
        if (labels.Length > 0)
        {
            (_inner, _innerStride) = (_sizes[^1], _strides[^1]);
        }
    }

    /// <summary>Elements.</summary>
    public int Count { get; }

    /// <summary>Copies the tensor's elements into this order.</summary>
    public void Gather(ReadOnlySpan<float> source, Span<float> target)
    {
        for (var i = 0; i < target.Length; i += _inner)
        {
            var offset = Offset(i / _inner);
            if (_innerStride == 1)
            {
                source.Slice(offset, _inner).CopyTo(target[i..]);
                continue;
            }

            for (var j = 0; j < _inner; j++, offset += _innerStride)
            {
                target[i + j] = source[offset];
            }
        }
    }

    /// <summary>Copies elements in this order back to the tensor's.</summary>
    public void Scatter(ReadOnlySpan<float> source, Span<float> target)
    {
        for (var i = 0; i < source.Length; i += _inner)
        {
            var offset = Offset(i / _inner);
            for (var j = 0; j < _inner; j++, offset += _innerStride)
            {
                target[offset] = source[i + j];
            }
        }
    }

    private int Offset(int row)
    {
        var offset = 0;
        for (var i = _sizes.Length - 2; i >= 0; i--)
        {
            offset += row % _sizes[i] * _strides[i];
            row /= _sizes[i];
        }

        return offset;
    }
}
