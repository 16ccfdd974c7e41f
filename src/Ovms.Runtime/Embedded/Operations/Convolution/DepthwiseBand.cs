namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>One band of output rows of one channel: what a <see cref="DepthwiseKernel"/> computes.</summary>
internal unsafe struct DepthwiseBand
{
    /// <summary>The copy of the input, see <see cref="DepthwiseLayout"/>.</summary>
    public float* Source;

    /// <summary>First output row.</summary>
    public float* Target;

    /// <summary>Floats between rows of the copy.</summary>
    public nint SourcePitch;

    /// <summary>Floats between output rows.</summary>
    public nint TargetPitch;

    /// <summary>Output rows.</summary>
    public int Rows;

    /// <summary>Floats of an output row, at least one vector; a last, shorter vector overlaps the one before.</summary>
    public int Width;

    /// <summary>Offset of every tap from the output position in the copy.</summary>
    public nint* Offsets;

    /// <summary>Weight of every tap.</summary>
    public float* Weights;

    /// <summary>Taps.</summary>
    public int Taps;

    /// <summary>Added to every sum.</summary>
    public float Bias;

    /// <summary>Lower bound of the result; NaN passes.</summary>
    public float Low;

    /// <summary>Upper bound of the result; NaN passes.</summary>
    public float High;
}
