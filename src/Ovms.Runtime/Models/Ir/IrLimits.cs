namespace Ovms.Runtime.Models.Ir;

/// <summary>Bounds on what a model file may declare, so that a hostile one is refused before it costs memory (IR sheet §7).</summary>
internal static class IrLimits
{
    /// <summary>Largest .xml file. The largest published models have about 30 MB.</summary>
    public const long MaxXmlBytes = 256L << 20;

    /// <summary>Newest opset whose operations are known (IR sheet §8); what a later one means cannot be guessed.</summary>
    public const int NewestOpset = 17;

    /// <summary>Layers of one graph or body; a transformer of 100 blocks has about 10,000.</summary>
    public const int MaxLayers = 200_000;

    /// <summary>Ports of one layer.</summary>
    public const int MaxPorts = 4096;

    /// <summary>Attributes of one layer, and characters of one attribute.</summary>
    public const int MaxAttributes = 256;

    /// <summary>Characters of one attribute.</summary>
    public const int MaxAttributeLength = 1 << 20;

    /// <summary>Bodies within bodies.</summary>
    public const int MaxBodyDepth = 16;

    /// <summary>Depth of XML elements: a body adds 4 levels.</summary>
    public const int MaxXmlDepth = 128;
}
