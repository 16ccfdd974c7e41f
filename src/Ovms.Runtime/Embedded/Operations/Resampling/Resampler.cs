using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Ovms.Runtime.Embedded.Operations.Movement;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Resampling;

/// <summary>Kernels of Interpolate for fixed shapes: picking elements (nearest) and blending them axis by axis.</summary>
internal sealed class Resampler
{
    private readonly Shape _input;
    private readonly Shape _output;
    private readonly ElementType _type;
    private readonly AxisTaps[] _taps;
    private readonly bool _roundsEachPass;
    private readonly int _stage;

    /// <summary>A plan; <paramref name="taps"/> holds one table for every axis that changes, ascending.</summary>
    public Resampler(in Shape input, in Shape output, ElementType type, AxisTaps[] taps, bool pillow)
    {
        (_input, _output, _type, _taps) = (input, output, type, taps);

        // Pillow works on the innermost axis first; so do we for it. Elsewhere the outermost axis comes first: its rows blend with vector code.
        if (pillow)
        {
            Array.Reverse(_taps);
        }

        _roundsEachPass = pillow && type is ElementType.U8 or ElementType.I8;
        _stage = (int)LargestStage();
    }

    /// <summary>Scratch that <see cref="Blend"/> needs: two stages of f32.</summary>
    public int ScratchBytes => checked(2 * sizeof(float) * _stage);

    /// <summary>Types that <see cref="Blend"/> computes on; halves arrive as f32.</summary>
    public static bool Supports(ElementType type) => NumberDispatch.Supports(type) && type != ElementType.Boolean;

    /// <summary>Nearest: every output element is an input element, or zero in the padding.</summary>
    public void Pick(ReadOnlySpan<byte> source, Span<byte> target, int elementSize)
    {
        var last = _output.Rank - 1;
        if (last < 0 || _taps.Length == 0)
        {
            source.CopyTo(target);
            return;
        }

        // Axes inside the last resampled one move as blocks.
        var inner = _taps[^1].Axis;
        var block = (int)_output.Product(inner + 1, _output.Rank) * elementSize;
        var width = (int)_output[inner];
        var columns = _taps[^1].Indices;
        Span<long> index = stackalloc long[Shape.MaxRank];
        index.Clear();
        var rows = (int)_output.Product(0, inner);
        var (previous, rowBytes) = (-2L, width * block);
        for (var row = 0; row < rows; row++)
        {
            var from = SourceRow(index, inner);
            var to = target.Slice(row * rowBytes, rowBytes);
            if (from == previous)
            {
                target.Slice((row - 1) * rowBytes, rowBytes).CopyTo(to);
            }
            else if (from < 0)
            {
                to.Clear();
            }
            else
            {
                PickRow(source.Slice((int)from * (int)_input[inner] * block, (int)_input[inner] * block), to, columns, block);
            }

            previous = from;
            for (var i = inner - 1; i >= 0 && ++index[i] == _output[i]; i--)
            {
                index[i] = 0;
            }
        }
    }

    /// <summary>Weighted sums along one axis after the other, in f32.</summary>
    public void Blend(TensorValue input, TensorValue output, Span<byte> scratch)
    {
        if (_taps.Length == 0)
        {
            input.Bytes.CopyTo(output.Bytes);
            return;
        }

        var floats = MemoryMarshal.Cast<byte, float>(scratch);
        Span<float> free = floats[.._stage];
        Span<float> used = floats.Slice(_stage, _stage);
        ReadOnlySpan<float> current = input.As<float>();
        if (_type != ElementType.F32)
        {
            var loader = new Converter(input, used, load: true);
            NumberDispatch.Run(_type, ref loader);
            current = used[..input.Count];
        }

        var shape = _input;
        for (var pass = 0; pass < _taps.Length; pass++)
        {
            var taps = _taps[pass];
            var next = shape;
            next[taps.Axis] = taps.Size;
            var direct = pass == _taps.Length - 1 && _type == ElementType.F32;
            var to = direct ? output.As<float>() : free[..(int)next.ElementCount];
            BlendAxis(current, to, shape, taps);
            if (_roundsEachPass)
            {
                Round(to);
            }

            current = to;
            shape = next;
            var swap = free;
            free = used;
            used = swap;
        }

        if (_type != ElementType.F32)
        {
            var store = new Converter(output, used[..output.Count], load: false);
            NumberDispatch.Run(_type, ref store);
        }
    }

    private long LargestStage()
    {
        var shape = _input;
        var largest = _type == ElementType.F32 ? 0 : shape.ElementCount;
        for (var i = 0; i < _taps.Length; i++)
        {
            shape[_taps[i].Axis] = _taps[i].Size;
            largest = i < _taps.Length - 1 || _type != ElementType.F32 ? Math.Max(largest, shape.ElementCount) : largest;
        }

        return largest;
    }

    private long SourceRow(ReadOnlySpan<long> index, int inner)
    {
        long row = 0;
        var next = 0;
        for (var axis = 0; axis < inner; axis++)
        {
            var at = index[axis];
            if (_taps[next].Axis == axis)
            {
                at = _taps[next++].Indices[at];
                if (at < 0)
                {
                    return -1;
                }
            }

            row = (row * _input[axis]) + at;
        }

        return row;
    }

    private static void PickRow(ReadOnlySpan<byte> source, Span<byte> target, int[] columns, int block)
    {
        switch (block)
        {
            case 1:
                PickElements(source, target, columns);
                break;
            case 2:
                PickElements(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<byte, ushort>(target), columns);
                break;
            case 4:
                PickElements(MemoryMarshal.Cast<byte, uint>(source), MemoryMarshal.Cast<byte, uint>(target), columns);
                break;
            case 8:
                PickElements(MemoryMarshal.Cast<byte, ulong>(source), MemoryMarshal.Cast<byte, ulong>(target), columns);
                break;
            default:
                for (var i = 0; i < columns.Length; i++)
                {
                    var to = target.Slice(i * block, block);
                    if (columns[i] < 0)
                    {
                        to.Clear();
                    }
                    else
                    {
                        source.Slice(columns[i] * block, block).CopyTo(to);
                    }
                }

                break;
        }
    }

    private static void PickElements<T>(ReadOnlySpan<T> source, Span<T> target, int[] columns)
        where T : unmanaged
    {
        target = target[..columns.Length];
        for (var i = 0; i < target.Length; i++)
        {
            var from = columns[i];
            target[i] = from < 0 ? default : source[from];
        }
    }

    private static void BlendAxis(ReadOnlySpan<float> source, Span<float> target, in Shape shape, AxisTaps taps)
    {
        var outer = (int)shape.Product(0, taps.Axis);
        var size = (int)shape[taps.Axis];
        var inner = (int)shape.Product(taps.Axis + 1, shape.Rank);
        for (var o = 0; o < outer; o++)
        {
            var from = source.Slice(o * size * inner, size * inner);
            var to = target.Slice(o * taps.Size * inner, taps.Size * inner);
            if (inner == 1)
            {
                BlendLine(from, to, taps);
            }
            else
            {
                BlendRows(from, to, taps, inner);
            }
        }
    }

    private static void BlendLine(ReadOnlySpan<float> source, Span<float> target, AxisTaps taps)
    {
        var (indices, weights, count) = (taps.Indices, taps.Weights, taps.Count);
        if (count == 2)
        {
            for (var x = 0; x < target.Length; x++)
            {
                target[x] = (weights[2 * x] * source[indices[2 * x]]) + (weights[(2 * x) + 1] * source[indices[(2 * x) + 1]]);
            }

            return;
        }

        for (var x = 0; x < target.Length; x++)
        {
            var sum = 0f;
            for (var k = x * count; k < (x + 1) * count; k++)
            {
                // A tap of no weight is skipped, or 0 · ∞ would give NaN.
                sum += weights[k] == 0 ? 0 : weights[k] * source[indices[k]];
            }

            target[x] = sum;
        }
    }

    private static void BlendRows(ReadOnlySpan<float> source, Span<float> target, AxisTaps taps, int inner)
    {
        for (var x = 0; x < taps.Size; x++)
        {
            var to = target.Slice(x * inner, inner);
            to.Clear();
            for (var k = x * taps.Count; k < (x + 1) * taps.Count; k++)
            {
                if (taps.Weights[k] != 0)
                {
                    TensorPrimitives.MultiplyAdd(source.Slice(taps.Indices[k] * inner, inner), taps.Weights[k], to, to);
                }
            }
        }
    }

    private void Round(Span<float> values)
    {
        var (low, high) = _type == ElementType.U8 ? (0f, 255f) : (-128f, 127f);
        foreach (ref var value in values)
        {
            value = Math.Clamp(MathF.Round(value, MidpointRounding.AwayFromZero), low, high);
        }
    }

    /// <summary>Between a tensor of another type and f32; integers round half away from zero and saturate.</summary>
    private readonly ref struct Converter(TensorValue tensor, Span<float> floats, bool load) : INumberKernel
    {
        private readonly Span<float> _floats = floats;

        public void Run<T>()
            where T : unmanaged, System.Numerics.INumber<T>, System.Numerics.IMinMaxValue<T>
        {
            var values = tensor.As<T>();
            for (var i = 0; i < values.Length; i++)
            {
                if (load)
                {
                    _floats[i] = float.CreateTruncating(values[i]);
                }
                else
                {
                    values[i] = T.CreateSaturating(typeof(T) == typeof(double) ? _floats[i] : MathF.Round(_floats[i], MidpointRounding.AwayFromZero));
                }
            }
        }
    }
}
