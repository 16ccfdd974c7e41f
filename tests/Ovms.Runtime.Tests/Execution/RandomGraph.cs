using System.Globalization;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Execution;

/// <summary>Small random models: chains and branches of operations that compute, that only rename bytes, that join and cut, some of them with shapes that
/// depend on data, with results that are inputs, constants or other results.</summary>
internal sealed class RandomGraph
{
    private readonly Random _random;
    private readonly List<Wire> _values = [];

    public RandomGraph(int seed)
    {
        _random = new Random(seed);
        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            Inputs.Add(Text.Parameter(ElementType.F32, RandomShape()));
            _values.Add(Inputs[^1]);
        }

        _values.Add(Constant(RandomShape()));
        for (var i = _random.Next(1, 25); i > 0; i--)
        {
            Grow();
        }

        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            // Late ones more often, so that graphs are deep; a value may be picked twice.
            var wire = _values[Math.Max(_random.Next(_values.Count), _random.Next(_values.Count))];
            Text.Result(wire);
            Results++;
        }
    }

    public IrText Text { get; } = new();

    public List<Wire> Inputs { get; } = [];

    public int Results { get; private set; }

    private long[] RandomShape()
    {
        var shape = new long[_random.Next(5)];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = _random.Next(40) == 0 ? 0 : _random.Next(1, 7);
        }

        return shape;
    }

    private Wire Pick() => _values[_random.Next(_values.Count)];

    private Wire Constant(long[] shape)
    {
        var values = new float[Product(shape)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (_random.NextSingle() * 2) - 1;
        }

        return Text.Floats(values, shape);
    }

    private static long Product(long[] shape) => shape.Aggregate(1L, static (a, b) => a * b);

    private void Grow()
    {
        var wire = Pick();
        switch (_random.Next(11))
        {
            case 0 or 1:
                _values.Add(Unary(wire));
                break;
            case 2 or 3:
                _values.Add(Binary(wire));
                break;
            case 4 or 5:
                _values.Add(Rename(wire));
                break;
            case 6:
                _values.Add(Join(wire));
                break;
            case 7:
                Cut(wire);
                break;
            case 8:
                _values.Add(Product(wire));
                break;
            case 9:
                _values.Add(Reduce(wire));
                break;
            default:
                _values.Add(Dynamic(wire));
                break;
        }
    }

    private Wire Unary(Wire wire) => _random.Next(5) switch
    {
        0 => Text.Add("ReLU", 1, "", wire.Shape, wire),
        1 => Text.Add("Tanh", 1, "", wire.Shape, wire),
        2 => Text.Add("Sigmoid", 1, "", wire.Shape, wire),
        3 => Text.Add("Clamp", 1, "min=\"-0.5\" max=\"0.5\"", wire.Shape, wire),
        _ => Text.Add("Abs", 1, "", wire.Shape, wire),
    };

    private Wire Binary(Wire wire)
    {
        var same = _values.Where(v => v.Shape.AsSpan().SequenceEqual(wire.Shape)).ToList();
        var other = _random.Next(3) switch
        {
            0 => Constant([]),
            1 when wire.Shape.Length > 0 => Constant([wire.Shape[^1]]),
            _ => same[_random.Next(same.Count)],
        };
        string[] types = ["Add", "Subtract", "Multiply", "Maximum"];
        var type = types[_random.Next(types.Length)];
        return _random.Next(2) == 0 ? Text.Add(type, 1, "", wire.Shape, wire, other) : Text.Add(type, 1, "", wire.Shape, other, wire);
    }

    private Wire Rename(Wire wire)
    {
        switch (_random.Next(3))
        {
            case 0 when wire.Shape.Length < 6:
                var at = _random.Next(wire.Shape.Length + 1);
                return Text.Add("Unsqueeze", 1, "", [.. wire.Shape[..at], 1, .. wire.Shape[at..]], wire, Text.Longs(at));
            case 1 when wire.Shape.Contains(1):
                var index = Array.IndexOf(wire.Shape, 1);
                return Text.Add("Squeeze", 1, "", [.. wire.Shape[..index], .. wire.Shape[(index + 1)..]], wire, Text.Longs(index));
            default:
                return Text.Add("Reshape", 1, "special_zero=\"false\"", [Product(wire.Shape)], wire, Text.Longs(Product(wire.Shape)));
        }
    }

    private Wire Join(Wire wire)
    {
        if (wire.Shape.Length == 0)
        {
            return wire;
        }

        var axis = _random.Next(wire.Shape.Length);
        var same = _values.Where(v => v.Shape.AsSpan().SequenceEqual(wire.Shape)).ToList();
        var shape = (long[])wire.Shape.Clone();
        shape[axis] *= 2;
        var attributes = string.Create(CultureInfo.InvariantCulture, $"axis=\"{axis}\"");
        return shape[axis] > 12 ? wire : Text.Add("Concat", 1, attributes, shape, wire, same[_random.Next(same.Count)]);
    }

    private void Cut(Wire wire)
    {
        var axis = Array.FindIndex(wire.Shape, static size => size % 2 == 0);
        if (axis >= 0)
        {
            var shape = (long[])wire.Shape.Clone();
            shape[axis] /= 2;
            var scalar = Text.Const<long>(ElementType.I64, [axis]);
            _values.AddRange(Text.Add("Split", 1, "num_splits=\"2\"", ElementType.F32, [shape, shape], wire, scalar));
        }
    }

    private Wire Product(Wire wire)
    {
        if (wire.Shape.Length < 2)
        {
            return wire;
        }

        var size = _random.Next(1, 9);
        var shape = (long[])wire.Shape.Clone();
        shape[^1] = size;
        var product = Text.Add("MatMul", 1, "transpose_a=\"false\" transpose_b=\"false\"", shape, wire, Constant([wire.Shape[^1], size]));
        var sum = _random.Next(2) == 0 ? product : Text.Add("Add", 1, "", shape, product, Constant([size]));
        if (_random.Next(4) == 0)
        {
            // The product itself has a second consumer: nothing may be folded into it.
            _values.Add(product);
        }

        return _random.Next(2) == 0 ? sum : Text.Add("ReLU", 1, "", shape, sum);
    }

    private Wire Reduce(Wire wire)
    {
        if (wire.Shape.Length == 0 || wire.Shape.Contains(0))
        {
            return wire;
        }

        var axis = _random.Next(wire.Shape.Length);
        var keep = _random.Next(2) == 0;
        long[] shape = keep ? [.. wire.Shape[..axis], 1, .. wire.Shape[(axis + 1)..]] : [.. wire.Shape[..axis], .. wire.Shape[(axis + 1)..]];
        return Text.Add("ReduceMean", 1, $"keep_dims=\"{(keep ? "true" : "false")}\"", shape, wire, Text.Longs(axis));
    }

    /// <summary>The number of elements above zero, found by a value whose shape nobody knows before.</summary>
    private Wire Dynamic(Wire wire)
    {
        if (wire.Shape.Length == 0 || _random.Next(3) > 0)
        {
            return Unary(wire);
        }

        var positive = Text.Add("ReLU", 1, "", wire.Shape, wire);
        var found = Text.Add("NonZero", 3, "output_type=\"i64\"", ElementType.I64, [[wire.Shape.Length, -1]], positive)[0];
        var numbers = Text.Add("Convert", 1, "destination_type=\"f32\"", ElementType.F32, [[wire.Shape.Length, -1]], found)[0];
        var flat = Text.Add("Unsqueeze", 1, "", [wire.Shape.Length, 1, -1], numbers, Text.Longs(1));
        return Text.Add("ReduceSum", 1, "keep_dims=\"true\"", [wire.Shape.Length, 1, 1], flat, Text.Longs(2));
    }
}
