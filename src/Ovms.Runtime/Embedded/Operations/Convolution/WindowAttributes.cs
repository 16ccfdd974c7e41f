using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Convolution;

/// <summary>How padding is found (IR sheet §12.2).</summary>
internal enum AutoPad
{
    /// <summary>As the attributes say.</summary>
    Explicit,

    /// <summary>None.</summary>
    Valid,

    /// <summary>So that output = input ÷ stride; the odd element at the end.</summary>
    SameUpper,

    /// <summary>Likewise; the odd element at the beginning.</summary>
    SameLower,
}

/// <summary>How the number of windows is rounded (IR sheet §14.3).</summary>
internal enum PoolRounding
{
    /// <summary>Only whole windows.</summary>
    Floor,

    /// <summary>A last, partial window counts.</summary>
    Ceil,

    /// <summary>It counts unless it would begin in the end padding.</summary>
    CeilTorch,
}

/// <summary>Attributes of convolutions and pools that describe the sliding window.</summary>
internal sealed class WindowAttributes
{
    private readonly long[] _strides;
    private readonly long[] _dilations;
    private readonly long[] _padsBegin;
    private readonly long[] _padsEnd;

    /// <summary>Reads the attributes of a layer.</summary>
    /// <exception cref="Errors.ModelLoadException">An attribute is missing or wrong.</exception>
    public WindowAttributes(GraphNode node, bool needsDilations)
    {
        var attributes = node.Attributes;
        AutoPad = attributes.GetEnum("auto_pad", "explicit") switch
        {
            "explicit" or "notset" => AutoPad.Explicit,
            "valid" => AutoPad.Valid,
            "same_upper" => AutoPad.SameUpper,
            "same_lower" => AutoPad.SameLower,
            var other => throw node.Error($"attribute auto_pad=\"{other}\" is not known"),
        };
        Rounding = attributes.GetEnum("rounding_type", "floor") switch
        {
            "floor" => PoolRounding.Floor,
            "ceil" => PoolRounding.Ceil,
            "ceil_torch" => PoolRounding.CeilTorch,
            var other => throw node.Error($"attribute rounding_type=\"{other}\" is not known"),
        };
        _strides = attributes.GetInts("strides", required: true);
        _dilations = attributes.GetInts("dilations", needsDilations);
        _padsBegin = attributes.GetInts("pads_begin", AutoPad == AutoPad.Explicit);
        _padsEnd = attributes.GetInts("pads_end", AutoPad == AutoPad.Explicit);
        Check(node, "strides", _strides, 1);
        Check(node, "dilations", _dilations, 1);
        Check(node, "pads_begin", _padsBegin, 0);
        Check(node, "pads_end", _padsEnd, 0);
    }

    /// <summary>How padding is found.</summary>
    public AutoPad AutoPad { get; }

    /// <summary>How the number of windows is rounded; floor where the layer has no such attribute.</summary>
    public PoolRounding Rounding { get; }

    /// <summary>Refuses lists that do not have one value per spatial axis.</summary>
    public void CheckRank(GraphNode node, int spatialRank)
    {
        if (spatialRank is < 1 or > 3)
        {
            throw node.Error($"{spatialRank} spatial dimensions are not supported");
        }

        var pads = AutoPad == AutoPad.Explicit ? spatialRank : -1;
        if (_strides.Length != spatialRank || (_dilations.Length != 0 && _dilations.Length != spatialRank)
            || (pads >= 0 && (_padsBegin.Length != pads || _padsEnd.Length != pads)))
        {
            throw node.Error($"strides, dilations and pads need {spatialRank} values each");
        }
    }

    /// <summary>Step along an axis.</summary>
    public long Stride(int axis) => _strides[axis];

    /// <summary>Distance of window positions along an axis.</summary>
    public long Dilation(int axis) => _dilations.Length == 0 ? 1 : _dilations[axis];

    /// <summary>Written pads of an axis; zero when padding is found automatically.</summary>
    public (long Begin, long End) Pads(int axis) => AutoPad == AutoPad.Explicit ? (_padsBegin[axis], _padsEnd[axis]) : (0, 0);

    private static void Check(GraphNode node, string name, long[] values, long minimum)
    {
        foreach (var value in values)
        {
            if (value < minimum || value > int.MaxValue / 4)
            {
                throw node.Error($"attribute {name} has the value {value}");
            }
        }
    }
}
