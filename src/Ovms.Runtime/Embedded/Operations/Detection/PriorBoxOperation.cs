using Ovms.Runtime.Embedded.Operations.Movement;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>PriorBox-1 and -8: the default boxes of an SSD layer and their variances, <c>[2, 4·H·W·P]</c> (IR sheet §14.14).</summary>
internal sealed class PriorBoxOperation : Operation
{
    private readonly float[] _minSizes;
    private readonly float[] _maxSizes;
    private readonly float[] _density;
    private readonly float[] _fixedRatios;
    private readonly float[] _fixedSizes;
    private readonly float[] _ratios;
    private readonly float[] _variance;
    private readonly bool _clip;
    private readonly bool _scaleAll;
    private readonly bool _maxBeforeRatios;
    private readonly float _step;
    private readonly float _offset;

    public PriorBoxOperation(GraphNode node, bool hasOrder)
        : base(node)
    {
        var attributes = node.Attributes;
        (_minSizes, _maxSizes) = (attributes.GetFloats("min_size"), attributes.GetFloats("max_size"));
        (_density, _fixedRatios, _fixedSizes) = (attributes.GetFloats("density"), attributes.GetFloats("fixed_ratio"), attributes.GetFloats("fixed_size"));
        _ratios = Ratios(attributes.GetFloats("aspect_ratio"), attributes.GetBool("flip", false));
        _variance = Variances.Read(node);
        _clip = attributes.GetBool("clip", false);
        _scaleAll = attributes.GetBool("scale_all_sizes", true);
        _maxBeforeRatios = !hasOrder || attributes.GetBool("min_max_aspect_ratios_order", true);
        (_step, _offset) = ((float)attributes.GetFloat("step", 0), (float)attributes.GetFloat("offset", 0));
        if (_density.Length < _fixedSizes.Length || _maxSizes.Length > _minSizes.Length || (!_scaleAll && _maxSizes.Length > 0)
            || Array.Exists(_density, static d => d is not (>= 1 and <= 1024)) || (_fixedRatios.Length > 0 && _fixedRatios.Length != _ratios.Length))
        {
            throw node.Error("density, fixed_ratio, min_size or max_size do not go together");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!context.Input(0).HasData)
        {
            return false;
        }

        GridReader.Read(Node, context.Input(0), out var rows, out var columns);
        var boxes = checked(4 * rows * columns * BoxesPerCell());
        context.SetOutput(0, ElementType.F32, new Shape(2, boxes));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        GridReader.Read(Node, context.Input(0), out var rows, out var columns);
        GridReader.Read(Node, context.Input(1), out var height, out var width);
        var output = context.Output(0).As<float>();
        var half = output.Length / 2;
        var writer = new PriorWriter(output[..half], width, height);
        var step = _scaleAll ? _step : _step == -1 ? (float)height / rows : _step * height;
        for (var h = 0; h < rows; h++)
        {
            for (var w = 0; w < columns; w++)
            {
                var x = step == 0 ? (w + 0.5f) * width / columns : (w + _offset) * step;
                var y = step == 0 ? (h + 0.5f) * height / rows : (h + _offset) * step;
                WriteFixed(ref writer, x, y);
                WriteSized(ref writer, x, y, _scaleAll ? 1 : height);
            }
        }

        if (_clip)
        {
            Clip(output[..half]);
        }

        Variances.Fill(output[half..], _variance);
    }

    internal static void Clip(Span<float> values)
    {
        foreach (ref var value in values)
        {
            value = Math.Clamp(value, 0f, 1f);
        }
    }

    private static float[] Ratios(float[] given, bool flip)
    {
        var ratios = new List<float> { 1 };
        foreach (var ratio in given)
        {
            if (!ratios.Exists(known => MathF.Abs(known - ratio) < 1e-6f))
            {
                ratios.Add(ratio);
                if (flip)
                {
                    ratios.Add(1 / ratio);
                }
            }
        }

        return ratios.ToArray();
    }

    private long BoxesPerCell()
    {
        long count = _fixedSizes.Length > 0 ? _ratios.Length * _fixedSizes.Length
            : _scaleAll ? (_ratios.Length * _minSizes.Length) + _maxSizes.Length
            : _ratios.Length + _minSizes.Length - 1;
        for (var i = 0; i < _density.Length; i++)
        {
            var d = (long)_density[i];
            count += ((d * d) - 1) * (_fixedRatios.Length > 0 ? _fixedRatios.Length : _ratios.Length);
        }

        return Math.Max(count, 0);
    }

    private void WriteFixed(ref PriorWriter writer, float x, float y)
    {
        for (var s = 0; s < _fixedSizes.Length; s++)
        {
            var size = _fixedSizes[s];
            var density = (int)_density[s];
            if (_fixedRatios.Length > 0)
            {
                foreach (var ratio in _fixedRatios)
                {
                    WriteDense(ref writer, x, y, size, density, MathF.Sqrt(ratio));
                }

                continue;
            }

            WriteDense(ref writer, x, y, size, density, 1);
            foreach (var ratio in _ratios)
            {
                if (MathF.Abs(ratio - 1) >= 1e-6f)
                {
                    WriteDense(ref writer, x, y, size, density, MathF.Sqrt(ratio));
                }
            }
        }
    }

    private static void WriteDense(ref PriorWriter writer, float x, float y, float size, int density, float root)
    {
        var shift = (int)(size / density);
        var half = (int)size / 2;
        for (var r = 0; r < density; r++)
        {
            for (var c = 0; c < density; c++)
            {
                var centreX = x - half + (shift / 2f) + (c * shift);
                var centreY = y - half + (shift / 2f) + (r * shift);
                writer.Write(centreX, centreY, size * root / 2, size / root / 2, clip: true);
            }
        }
    }

    private void WriteSized(ref PriorWriter writer, float x, float y, float unit)
    {
        for (var i = 0; i < _minSizes.Length; i++)
        {
            var min = _minSizes[i] * unit;
            writer.Write(x, y, min / 2, min / 2, clip: false);
            if (_maxBeforeRatios)
            {
                WriteMax(ref writer, x, y, i);
            }

            if (_scaleAll || i == _minSizes.Length - 1)
            {
                var size = _minSizes[_scaleAll ? i : 0] * unit;
                foreach (var ratio in _ratios)
                {
                    if (MathF.Abs(ratio - 1) >= 1e-6f)
                    {
                        var root = MathF.Sqrt(ratio);
                        writer.Write(x, y, size / 2 * root, size / 2 / root, clip: false);
                    }
                }
            }

            if (!_maxBeforeRatios)
            {
                WriteMax(ref writer, x, y, i);
            }
        }
    }

    private void WriteMax(ref PriorWriter writer, float x, float y, int i)
    {
        if (i < _maxSizes.Length)
        {
            var size = MathF.Sqrt(_minSizes[i] * _maxSizes[i]) / 2;
            writer.Write(x, y, size, size, clip: false);
        }
    }
}

/// <summary>Writes boxes around centres, as parts of the image's size.</summary>
internal ref struct PriorWriter(Span<float> boxes, long width, long height)
{
    private Span<float> _rest = boxes;

    public void Write(float x, float y, float halfWidth, float halfHeight, bool clip)
    {
        if (_rest.Length < 4)
        {
            throw new InvalidOperationException("more prior boxes than the shape rule counted");
        }

        var (left, top) = ((x - halfWidth) / width, (y - halfHeight) / height);
        var (right, bottom) = ((x + halfWidth) / width, (y + halfHeight) / height);
        (_rest[0], _rest[1]) = clip ? (MathF.Max(left, 0), MathF.Max(top, 0)) : (left, top);
        (_rest[2], _rest[3]) = clip ? (MathF.Min(right, 1), MathF.Min(bottom, 1)) : (right, bottom);
        _rest = _rest[4..];
    }
}

/// <summary>The attribute <c>variance</c> of prior boxes: none (0.1), one for all or one for each of four coordinates.</summary>
internal static class Variances
{
    public static float[] Read(GraphNode node) => node.Attributes.GetFloats("variance") switch
    {
        [] => [0.1f],
        { Length: 1 or 4 } values => values,
        _ => throw node.Error("variance must have no, one or four entries"),
    };

    public static void Fill(Span<float> target, float[] variance)
    {
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = variance[i % variance.Length];
        }
    }
}

/// <summary>Reads a height and a width from a tensor.</summary>
internal static class GridReader
{
    public static void Read(GraphNode node, TensorValue value, out long height, out long width)
    {
        if (value.Count != 2 || IntegerReader.Read(value, 0) is not { } rows || IntegerReader.Read(value, 1) is not { } columns
            || rows is < 0 or > int.MaxValue || columns is < 0 or > int.MaxValue)
        {
            throw node.Error("a size input must be two integers, height and width");
        }

        (height, width) = (rows, columns);
    }
}
