namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>Sizes of a deformable convolution.</summary>
internal sealed class DeformableLayout
{
    /// <summary>Output positions computed at once: four vectors of eight.</summary>
    public const int Block = 32;

    // Multiply-adds below which one thread is faster (some 20 µs).
    private const long ParallelThreshold = 400_000;

    public DeformableLayout(ConvolutionGeometry geometry, int offsetGroups, bool padsSamples, bool hasMask, int width)
    {
        (Geometry, OffsetGroups, PadsSamples, HasMask) = (geometry, offsetGroups, padsSamples, hasMask);
        BlocksOfImage = (geometry.OutputPlane + Block - 1) / Block;
        Blocks = checked(BlocksOfImage * geometry.Batch);
        PartFloats = checked(geometry.Groups * geometry.InputChannels * geometry.Taps * Block);
        var work = (long)geometry.Output.ElementCount * geometry.InputChannels * geometry.Taps;
        Parts = work < ParallelThreshold ? 1 : Math.Max(1, Math.Min(Blocks, width));
    }

    /// <summary>The window.</summary>
    public ConvolutionGeometry Geometry { get; }

    /// <summary>Groups of input channels that share offsets.</summary>
    public int OffsetGroups { get; }

    /// <summary>Whether samples up to one element outside count, mixed with zeros.</summary>
    public bool PadsSamples { get; }

    /// <summary>Whether there is a mask.</summary>
    public bool HasMask { get; }

    /// <summary>Blocks of output positions of one image.</summary>
    public int BlocksOfImage { get; }

    /// <summary>Blocks of all images.</summary>
    public int Blocks { get; }

    /// <summary>Scratch floats of a part: the samples of one block, <c>[channel, tap, position]</c>.</summary>
    public int PartFloats { get; }

    /// <summary>Parts to run in parallel.</summary>
    public int Parts { get; }
}
