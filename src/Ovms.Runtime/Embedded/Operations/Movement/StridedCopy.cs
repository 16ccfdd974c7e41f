using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Copies a strided region of one tensor to a strided region of another: the one kernel behind most data movement.</summary>
/// <remarks>Axes are added from the outermost to the innermost with their strides in elements; axes of size 1 vanish and axes that continue one
/// another melt into one, so that the loops which remain are few and the innermost is long. Source strides may be 0 (repeat) or
/// negative (reverse). Both regions are checked against their spans once, before the first element moves.</remarks>
internal ref struct StridedCopy
{
    /// <summary>Axes a copy can have: two for every dimension of a tensor, and some.</summary>
    private const int MaxAxes = 20;

    /// <summary>Edge of a tile of a 2-D transposition: 16 × 16 elements of 8 bytes are half of a small L1 cache.</summary>
    private const int Tile = 16;

    private AxisBuffer _count;
    private AxisBuffer _source;
    private AxisBuffer _target;
    private int _axes;
    private bool _empty;

    /// <summary>Adds an axis inside all axes added so far.</summary>
    public void Add(long count, long sourceStride, long targetStride)
    {
        _empty |= count <= 0;
        if (count == 1 || _empty)
        {
            return;
        }

        var last = _axes - 1;
        if (last >= 0 && _source[last] == count * sourceStride && _target[last] == count * targetStride)
        {
            (_count[last], _source[last], _target[last]) = (_count[last] * count, sourceStride, targetStride);
            return;
        }

        (_count[_axes], _source[_axes], _target[_axes]) = (count, sourceStride, targetStride);
        _axes++;
    }

    /// <summary>Copies elements of 1, 2, 4 or 8 bytes; offsets are in elements.</summary>
    public readonly void Run(int elementSize, ReadOnlySpan<byte> source, long sourceOffset, Span<byte> target, long targetOffset)
    {
        if (_empty)
        {
            return;
        }

        switch (elementSize)
        {
            case 1:
                Run(source, sourceOffset, target, targetOffset);
                break;
            case 2:
                Run(MemoryMarshal.Cast<byte, ushort>(source), sourceOffset, MemoryMarshal.Cast<byte, ushort>(target), targetOffset);
                break;
            case 4:
                Run(MemoryMarshal.Cast<byte, uint>(source), sourceOffset, MemoryMarshal.Cast<byte, uint>(target), targetOffset);
                break;
            case 8:
                Run(MemoryMarshal.Cast<byte, ulong>(source), sourceOffset, MemoryMarshal.Cast<byte, ulong>(target), targetOffset);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(elementSize));
        }
    }

    private readonly void Run<T>(ReadOnlySpan<T> source, long sourceOffset, Span<T> target, long targetOffset)
        where T : unmanaged
    {
        CheckRange(_source, sourceOffset, source.Length);
        CheckRange(_target, targetOffset, target.Length);
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(target);
        if (_axes == 0)
        {
            Unsafe.Add(ref to, (nint)targetOffset) = Unsafe.Add(ref from, (nint)sourceOffset);
            return;
        }

        var transposed = TransposedAxis();
        AxisBuffer index = default;
        var (s, t) = (sourceOffset, targetOffset);
        while (true)
        {
            if (transposed >= 0)
            {
                Transpose(ref Unsafe.Add(ref from, (nint)s), ref Unsafe.Add(ref to, (nint)t), transposed);
            }
            else
            {
                Inner(ref Unsafe.Add(ref from, (nint)s), ref Unsafe.Add(ref to, (nint)t));
            }

            var axis = _axes - 2;
            for (; axis >= 0; axis--)
            {
                if (axis == transposed)
                {
                    continue;
                }

                s += _source[axis];
                t += _target[axis];
                if (++index[axis] < _count[axis])
                {
                    break;
                }

                s -= _source[axis] * _count[axis];
                t -= _target[axis] * _count[axis];
                index[axis] = 0;
            }

            if (axis < 0)
            {
                return;
            }
        }
    }

    /// <summary>The outer axis whose source elements lie side by side while those of the innermost axis do not; −1 for none.</summary>
    private readonly int TransposedAxis()
    {
        var inner = _axes - 1;
        if (_source[inner] is 1 or 0 or -1 || _target[inner] != 1 || _count[inner] < 4)
        {
            return -1;
        }

        for (var axis = inner - 1; axis >= 0; axis--)
        {
            if (_source[axis] == 1 && _count[axis] >= 4)
            {
                return axis;
            }
        }

        return -1;
    }

    private readonly void Inner<T>(ref T source, ref T target)
        where T : unmanaged
    {
        var axis = _axes - 1;
        var (count, s, t) = ((int)_count[axis], (nint)_source[axis], (nint)_target[axis]);
        if (t == 1 && s == 1)
        {
            MemoryMarshal.CreateReadOnlySpan(ref source, count).CopyTo(MemoryMarshal.CreateSpan(ref target, count));
        }
        else if (t == 1 && s == 0)
        {
            MemoryMarshal.CreateSpan(ref target, count).Fill(source);
        }
        else
        {
            for (nint i = 0; i < count; i++)
            {
                Unsafe.Add(ref target, i * t) = Unsafe.Add(ref source, i * s);
            }
        }
    }

    /// <summary>Tile by tile: reads rows of <paramref name="axis"/>, writes rows of the innermost axis, both within the cache.</summary>
    private readonly void Transpose<T>(ref T source, ref T target, int axis)
        where T : unmanaged
    {
        var inner = _axes - 1;
        var (rows, columns) = ((nint)_count[axis], (nint)_count[inner]);
        var (sourceStride, targetStride) = ((nint)_source[inner], (nint)_target[axis]);
        for (nint row = 0; row < rows; row += Tile)
        {
            var rowEnd = nint.Min(row + Tile, rows);
            for (nint column = 0; column < columns; column += Tile)
            {
                var columnEnd = nint.Min(column + Tile, columns);
                for (var r = row; r < rowEnd; r++)
                {
                    ref var to = ref Unsafe.Add(ref target, r * targetStride);
                    ref var from = ref Unsafe.Add(ref source, r);
                    for (var c = column; c < columnEnd; c++)
                    {
                        Unsafe.Add(ref to, c) = Unsafe.Add(ref from, c * sourceStride);
                    }
                }
            }
        }
    }

    private readonly void CheckRange(in AxisBuffer strides, long offset, long length)
    {
        var (low, high) = (offset, offset);
        for (var axis = 0; axis < _axes; axis++)
        {
            var reach = (_count[axis] - 1) * strides[axis];
            low += Math.Min(reach, 0);
            high += Math.Max(reach, 0);
        }

        if (low < 0 || high >= length)
        {
            throw new InvalidOperationException($"a copy of elements {low} to {high} leaves a tensor of {length}");
        }
    }

    [InlineArray(MaxAxes)]
    private struct AxisBuffer
    {
        private long _first;
    }
}
