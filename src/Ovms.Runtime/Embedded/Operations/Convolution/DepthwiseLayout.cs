namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>How a depthwise convolution lays its input out in scratch memory, for one set of shapes.</summary>
/// <remarks>
/// A band of output rows is computed from a padded copy of the input rows under it, split by the remainder of rows and columns by the stride
/// ("phases"): <c>[kernel depth, row phase, column phase, row, column]</c>. There every tap is one fixed offset, the stride is gone and so are the
/// borders: output (y, x) is the sum over taps of <c>copy[offset[tap] + y * pitch + x] * weight[tap]</c>.
/// Rows narrower than a vector are computed as one row with the pitch of the copy ("flat"), then cut out.
/// </remarks>
internal sealed class DepthwiseLayout
{
    // Half of a first-level cache of 48 KiB: the copy of a band and the rows it comes from and goes to.
    private const int BandFloats = 24 * 1024 / sizeof(float);

    // Multiply-adds below which one thread is faster (some 20 µs).
    private const long ParallelThreshold = 400_000;

    public DepthwiseLayout(ConvolutionGeometry geometry, int vectorWidth, int width)
    {
        Geometry = geometry;
        var (d, h, w) = (geometry.D, geometry.H, geometry.W);
        RowPhases = Phases(h);
        ColumnPhases = Phases(w);
        RowReach = checked((int)((long)(h.Kernel - 1) * h.Dilation / h.Stride));
        var columnReach = checked((int)((long)(w.Kernel - 1) * w.Dilation / w.Stride));
        RowFloats = checked(w.Output + columnReach);
        IsFlat = w.Output < vectorWidth;
        Pitch = IsFlat ? RowFloats : Align(RowFloats, 16);
        var planes = checked(d.Kernel * RowPhases.Length * ColumnPhases.Length);
        var rows = (BandFloats / Math.Max(1, checked(planes * Pitch))) - RowReach;
        BandRows = Math.Clamp(Math.Max(rows, RowReach), 1, Math.Max(1, h.Output));

        // A flat row ends with a whole vector, which begins inside the last output row.
        PlaneFloats = Align(checked(((BandRows + RowReach) * Pitch) + (2 * vectorWidth)), 16);
        FlatFloats = IsFlat ? Align(checked(((BandRows - 1) * Pitch) + w.Output), vectorWidth) : 0;
        CopyFloats = checked(planes * PlaneFloats);
        PartFloats = checked(CopyFloats + Align(FlatFloats, 16));
        Offsets = MakeOffsets();
        IsThreeByThree = d.Kernel == 1 && h.Kernel == 3 && w.Kernel == 3;
        SharesRows = IsThreeByThree && h.Stride == 1 && h.Dilation == 1 && !IsFlat;
        Channels = checked(geometry.Batch * geometry.Groups * geometry.OutputChannels);
        Parts = (long)Channels * geometry.OutputPlane * geometry.Taps < ParallelThreshold ? 1 : Math.Max(1, Math.Min(Channels, width));
    }

    /// <summary>Sizes of the convolution.</summary>
    public ConvolutionGeometry Geometry { get; }

    /// <summary>Remainders of padded input rows by the stride that some tap reads.</summary>
    public int[] RowPhases { get; }

    /// <summary>Remainders of padded input columns by the stride that some tap reads.</summary>
    public int[] ColumnPhases { get; }

    /// <summary>Rows of a phase below an output row that its window reaches.</summary>
    public int RowReach { get; }

    /// <summary>Floats of a row of a phase.</summary>
    public int RowFloats { get; }

    /// <summary>Floats between rows of a phase.</summary>
    public int Pitch { get; }

    /// <summary>Output rows computed at once.</summary>
    public int BandRows { get; }

    /// <summary>Whether a band is computed as one row.</summary>
    public bool IsFlat { get; }

    /// <summary>Floats of one phase.</summary>
    public int PlaneFloats { get; }

    /// <summary>Floats of all phases.</summary>
    public int CopyFloats { get; }

    /// <summary>Floats of the result of a flat band, whole vectors; 0 unless <see cref="IsFlat"/>.</summary>
    public int FlatFloats { get; }

    /// <summary>Scratch floats of one part.</summary>
    public int PartFloats { get; }

    /// <summary>Offset of every tap in the copy.</summary>
    public nint[] Offsets { get; }

    /// <summary>Whether the kernel is 3×3.</summary>
    public bool IsThreeByThree { get; }

    /// <summary>Whether two rows of output share two of their three input rows in the copy.</summary>
    public bool SharesRows { get; }

    /// <summary>Output planes of all images.</summary>
    public int Channels { get; }

    /// <summary>Parts to run in parallel.</summary>
    public int Parts { get; }

    private static int Align(int floats, int multiple) => checked((floats + multiple - 1) / multiple * multiple);

    private static int[] Phases(in SpatialAxis axis)
    {
        var phases = new List<int>();
        for (var k = 0; k < axis.Kernel; k++)
        {
            var phase = (int)((long)k * axis.Dilation % axis.Stride);
            if (!phases.Contains(phase))
            {
                phases.Add(phase);
            }
        }

        return [.. phases];
    }

    private nint[] MakeOffsets()
    {
        var (d, h, w) = (Geometry.D, Geometry.H, Geometry.W);
        var offsets = new nint[Geometry.Taps];
        var tap = 0;
        for (var kd = 0; kd < d.Kernel; kd++)
        {
            for (var kh = 0; kh < h.Kernel; kh++)
            {
                for (var kw = 0; kw < w.Kernel; kw++, tap++)
                {
                    var (row, column) = ((long)kh * h.Dilation, (long)kw * w.Dilation);
                    var plane = (((kd * RowPhases.Length) + Array.IndexOf(RowPhases, (int)(row % h.Stride))) * ColumnPhases.Length)
                        + Array.IndexOf(ColumnPhases, (int)(column % w.Stride));
                    offsets[tap] = (nint)(((long)plane * PlaneFloats) + (row / h.Stride * Pitch) + (column / w.Stride));
                }
            }
        }

        return offsets;
    }
}
