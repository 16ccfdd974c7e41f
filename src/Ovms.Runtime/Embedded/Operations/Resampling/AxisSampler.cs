namespace Ovms.Runtime.Embedded.Operations.Resampling;

/// <summary>Builds <see cref="AxisTaps"/>: source coordinates and weights of Interpolate (IR sheet §14.10), in f32 like the reference.</summary>
internal sealed class AxisSampler
{
    /// <summary>Attributes that fix the kind of sampling.</summary>
    public required InterpolateMode Mode { get; init; }

    /// <summary>Where the centre of an output element lies in the input.</summary>
    public required CoordinateMode Coordinates { get; init; }

    /// <summary>Rounding of nearest.</summary>
    public required NearestMode Nearest { get; init; }

    /// <summary>The <c>a</c> of cubic filters.</summary>
    public required float CubeCoefficient { get; init; }

    /// <summary>Taps of one axis.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="input">Size of the padded input.</param>
    /// <param name="output">Size of the output.</param>
    /// <param name="scale">Given or computed scale.</param>
    /// <param name="antialias">Widen the triangle filter by the scale.</param>
    public AxisTaps Build(int axis, int input, int output, float scale, bool antialias) => Mode switch
    {
        InterpolateMode.Nearest => BuildNearest(axis, input, output, scale),
        InterpolateMode.LinearOnnx => BuildLinearOnnx(axis, input, output, scale),
        InterpolateMode.Linear => BuildLinear(axis, input, output, scale, antialias ? scale : 1),
        InterpolateMode.Cubic => BuildCubic(axis, input, output, scale),
        _ => BuildPillow(axis, input, output),
    };

    private static AxisTaps Empty(int axis, int output, int count) => new(axis, count, new int[output * count], new float[output * count]);

    private float Coordinate(int x, int input, int output, float scale) =>
        scale == 1f || input == output ? x : Coordinates switch
        {
            CoordinateMode.HalfPixel => ((x + 0.5f) / scale) - 0.5f,
            CoordinateMode.PytorchHalfPixel => output > 1 ? ((x + 0.5f) / scale) - 0.5f : 0f,
            CoordinateMode.Asymmetric => x / scale,
            CoordinateMode.TfHalfPixelForNn => (x + 0.5f) / scale,
            _ => output == 1 ? 0f : x * (float)(input - 1) / (output - 1),
        };

    private AxisTaps BuildNearest(int axis, int input, int output, float scale)
    {
        var taps = Empty(axis, output, 1);
        for (var x = 0; x < output; x++)
        {
            var c = Coordinate(x, input, output, scale);
            var rounded = Nearest switch
            {
                NearestMode.RoundPreferFloor => c == MathF.Floor(c) + 0.5f ? MathF.Floor(c) : MathF.Round(c, MidpointRounding.AwayFromZero),
                NearestMode.RoundPreferCeil => MathF.Round(c, MidpointRounding.AwayFromZero),
                NearestMode.Floor => MathF.Floor(c),
                NearestMode.Ceil => MathF.Ceiling(c),
                _ => scale < 1f ? MathF.Ceiling(c) : MathF.Truncate(c),
            };
            taps.Indices[x] = (int)Math.Clamp(rounded, 0, input - 1);
            taps.Weights[x] = 1;
        }

        return taps;
    }

    private AxisTaps BuildLinearOnnx(int axis, int input, int output, float scale)
    {
        var taps = Empty(axis, output, 2);
        for (var x = 0; x < output; x++)
        {
            var c = Math.Clamp(Coordinate(x, input, output, scale), 0, input - 1);
            var first = (int)c;
            var second = Math.Min(first + 1, input - 1);
            (taps.Indices[2 * x], taps.Indices[(2 * x) + 1]) = (first, second);
            (taps.Weights[2 * x], taps.Weights[(2 * x) + 1]) = first == second ? (0.5f, 0.5f) : (MathF.Abs(c - second), MathF.Abs(c - first));
        }

        return taps;
    }

    private AxisTaps BuildLinear(int axis, int input, int output, float scale, float a)
    {
        var radius = scale > 1 ? 2 : (int)MathF.Ceiling(2f / a);
        var taps = Empty(axis, output, (2 * radius) + 1);
        for (var x = 0; x < output; x++)
        {
            var c = Coordinate(x, input, output, scale);
            var centre = (int)MathF.Round(c, MidpointRounding.AwayFromZero);
            var sum = 0f;
            for (var k = 0; k < taps.Count; k++)
            {
                var position = centre + k - radius;
                if (position >= 0 && position < input)
                {
                    var weight = Math.Max(0f, 1f - MathF.Abs(a * (c - position)));
                    (taps.Indices[(x * taps.Count) + k], taps.Weights[(x * taps.Count) + k]) = (position, weight);
                    sum += weight;
                }
            }

            Normalise(taps, x, sum);
        }

        return taps;
    }

    private AxisTaps BuildCubic(int axis, int input, int output, float scale)
    {
        var taps = Empty(axis, output, 4);
        for (var x = 0; x < output; x++)
        {
            var c = Coordinate(x, input, output, scale);
            var first = (int)MathF.Floor(c);
            for (var k = 0; k < 4; k++)
            {
                taps.Indices[(4 * x) + k] = Math.Clamp(first - 1 + k, 0, input - 1);
                taps.Weights[(4 * x) + k] = Cubic(c - (first - 1 + k), CubeCoefficient);
            }
        }

        return taps;
    }

    /// <summary>Pillow's resize: the filter grows with the reduction, the support is cut at the borders and weights are normalised.</summary>
    private AxisTaps BuildPillow(int axis, int input, int output)
    {
        var scale = (double)input / output;
        var filterScale = Math.Max(scale, 1);
        var support = (Mode == InterpolateMode.BilinearPillow ? 1 : 2) * filterScale;
        var taps = Empty(axis, output, (int)Math.Ceiling(support * 2) + 2);
        for (var x = 0; x < output; x++)
        {
            var centre = (x + 0.5) * scale;
            var first = Math.Max((int)(centre - support + 0.5), 0);
            var end = Math.Min((int)(centre + support + 0.5), input);
            var sum = 0f;
            for (var position = first; position < end; position++)
            {
                var t = (float)((position - centre + 0.5) / filterScale);
                var weight = Mode == InterpolateMode.BilinearPillow ? Math.Max(0f, 1f - MathF.Abs(t)) : Cubic(t, CubeCoefficient);
                var k = (x * taps.Count) + position - first;
                (taps.Indices[k], taps.Weights[k]) = (position, weight);
                sum += weight;
            }

            Normalise(taps, x, sum);
        }

        return taps;
    }

    private static void Normalise(AxisTaps taps, int x, float sum)
    {
        foreach (ref var weight in taps.Weights.AsSpan(x * taps.Count, taps.Count))
        {
            weight = sum == 0 ? 0 : weight / sum;
        }
    }

    private static float Cubic(float distance, float a)
    {
        var d = MathF.Abs(distance);
        return d <= 1 ? ((((a + 2) * d) - (a + 3)) * d * d) + 1
            : d < 2 ? (((((d - 5) * d) + 8) * d) - 4) * a
            : 0;
    }
}

/// <summary>Filters of Interpolate.</summary>
internal enum InterpolateMode
{
    Nearest,
    Linear,
    LinearOnnx,
    Cubic,
    BilinearPillow,
    BicubicPillow,
}

/// <summary>Coordinate transformations of Interpolate.</summary>
internal enum CoordinateMode
{
    HalfPixel,
    PytorchHalfPixel,
    Asymmetric,
    TfHalfPixelForNn,
    AlignCorners,
}

/// <summary>Roundings of nearest.</summary>
internal enum NearestMode
{
    RoundPreferFloor,
    RoundPreferCeil,
    Floor,
    Ceil,
    Simple,
}
