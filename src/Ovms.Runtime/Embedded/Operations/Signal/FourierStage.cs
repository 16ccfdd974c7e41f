namespace Ovms.Runtime.Embedded.Operations.Signal;

/// <summary>A transform along one axis of <c>[outer, size, inner]</c>, by the definition, in double precision.</summary>
/// <remarks>O(n²) for each line: signals in served models are short, and the sums are exact to f32.</remarks>
internal sealed class FourierStage
{
    private readonly double[] _cosines;
    private readonly double[] _sines;

    /// <summary>Plans the stage.</summary>
    public FourierStage(FourierKind kind, int outer, int size, int inner, int length)
    {
        (Kind, Outer, Size, Inner, Length) = (kind, outer, size, inner, length);
        (_cosines, _sines) = (new double[length], new double[length]);
        var sign = kind is FourierKind.Idft or FourierKind.Irdft ? 1 : -1;
        for (var i = 0; i < length; i++)
        {
            (_sines[i], _cosines[i]) = Math.SinCos(sign * 2 * Math.PI * i / length);
        }
    }

    /// <summary>What the axis holds before and after.</summary>
    public FourierKind Kind { get; }

    /// <summary>Lines before the axis.</summary>
    public int Outer { get; }

    /// <summary>Elements of the axis before.</summary>
    public int Size { get; }

    /// <summary>Elements after the axis.</summary>
    public int Inner { get; }

    /// <summary>Length of the transform; shorter signals are padded with zeros, longer ones cut.</summary>
    public int Length { get; }

    /// <summary>Elements of the axis afterwards.</summary>
    public int Results => Kind == FourierKind.Rdft ? (Length / 2) + 1 : Length;

    /// <summary>Floats of the result.</summary>
    public int ResultFloats => checked(Outer * Results * Inner * (Kind == FourierKind.Irdft ? 1 : 2));

    /// <summary>Transforms all lines.</summary>
    public void Run(ReadOnlySpan<float> source, Span<float> target)
    {
        for (var line = 0; line < Outer * Inner; line++)
        {
            var (outer, inner) = (line / Inner, line % Inner);
            for (var k = 0; k < Results; k++)
            {
                var (real, imaginary) = Kind == FourierKind.Irdft ? (Half(source, outer, inner, k), 0) : Sum(source, outer, inner, k);
                var at = (((outer * Results) + k) * Inner) + inner;
                var scale = Kind is FourierKind.Idft or FourierKind.Irdft ? 1.0 / Length : 1;
                if (Kind == FourierKind.Irdft)
                {
                    target[at] = (float)(real * scale);
                }
                else
                {
                    (target[2 * at], target[(2 * at) + 1]) = ((float)(real * scale), (float)(imaginary * scale));
                }
            }
        }
    }

    private (double Real, double Imaginary) Sum(ReadOnlySpan<float> source, int outer, int inner, int k)
    {
        var (real, imaginary, angle) = (0d, 0d, 0);
        var count = Math.Min(Size, Length);
        for (var j = 0; j < count; j++)
        {
            var at = (((outer * Size) + j) * Inner) + inner;
            var (x, y) = Kind == FourierKind.Rdft ? (source[at], 0f) : (source[2 * at], source[(2 * at) + 1]);
            real += (x * _cosines[angle]) - (y * _sines[angle]);
            imaginary += (x * _sines[angle]) + (y * _cosines[angle]);
            angle = (int)(((long)angle + k) % Length);
        }

        return (real, imaginary);
    }

    // The other half of the spectrum is the conjugate of this one, so each inner frequency counts twice its real part.
    private double Half(ReadOnlySpan<float> source, int outer, int inner, int k)
    {
        var (real, angle) = (0d, 0);
        var count = Math.Min(Size, (Length / 2) + 1);
        for (var j = 0; j < count; j++)
        {
            var at = (((outer * Size) + j) * Inner) + inner;
            var part = (source[2 * at] * _cosines[angle]) - (source[(2 * at) + 1] * _sines[angle]);
            real += j == 0 || 2 * j == Length ? part : 2 * part;
            angle = (int)(((long)angle + k) % Length);
        }

        return real;
    }
}
