using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Native;

/// <summary>Inputs and outputs of models.</summary>
internal sealed unsafe partial class OvApi
{
    /// <summary>Inputs (or outputs) of a model as read.</summary>
    public OvPort[] ReadPorts(OvModelHandle model, bool outputs)
    {
        nuint count = 0;
        Check(outputs ? _ov.ModelOutputsSize(model.Value, &count) : _ov.ModelInputsSize(model.Value, &count));
        return ReadPorts(model.Value, (int)count, outputs ? _ov.ModelConstOutputByIndex : _ov.ModelConstInputByIndex);
    }

    /// <summary>Inputs (or outputs) of a compiled model.</summary>
    public OvPort[] ReadPorts(OvCompiledModelHandle model, bool outputs)
    {
        nuint count = 0;
        Check(outputs ? _ov.CompiledModelOutputsSize(model.Value, &count) : _ov.CompiledModelInputsSize(model.Value, &count));
        return ReadPorts(model.Value, (int)count, outputs ? _ov.CompiledModelOutputByIndex : _ov.CompiledModelInputByIndex);
    }

    /// <summary>The first name of the input (or output) that has <paramref name="name"/> among its names, or null when none has.</summary>
    public string? FindPort(OvModelHandle model, string name, bool outputs)
    {
        nint port = 0;
        fixed (byte* text = Utf8(name))
        {
            var status = outputs ? _ov.ModelConstOutputByName(model.Value, text, &port) : _ov.ModelConstInputByName(model.Value, text, &port);
            if (status != OvStatus.Ok)
            {
                return null;
            }
        }

        try
        {
            return AnyName(port);
        }
        finally
        {
            _ov.ConstPortFree(port);
        }
    }

    private OvPort[] ReadPorts(nint owner, int count, delegate* unmanaged[Cdecl]<nint, nuint, nint*, OvStatus> byIndex)
    {
        var ports = new OvPort[count];
        for (var i = 0; i < count; i++)
        {
            nint port = 0;
            Check(byIndex(owner, (nuint)i, &port));
            try
            {
                var number = 0;
                Check(_ov.PortGetElementType(port, &number));
                var known = Types.TryFromNative(number, out var type);
                ports[i] = new OvPort(AnyName(port), known ? type : null, ReadShape(port));
            }
            finally
            {
                _ov.ConstPortFree(port);
            }
        }

        return ports;
    }

    private string? AnyName(nint port)
    {
        byte* name = null;
        if (_ov.PortGetAnyName(port, &name) != OvStatus.Ok)
        {
            // The tensor has no name.
            return null;
        }

        var text = Text(name);
        _ov.Free(name);
        return text;
    }

    private PartialShape ReadShape(nint port)
    {
        OvPartialShape shape = default;
        Check(_ov.PortGetPartialShape(port, &shape));
        try
        {
            if (shape.Rank.IsDynamic)
            {
                return PartialShape.AnyRank;
            }

            var dimensions = new Dimension[(int)shape.Rank.Min];
            for (var i = 0; i < dimensions.Length; i++)
            {
                var dimension = shape.Dims[i];
                dimensions[i] = new Dimension(dimension.Min, dimension.Max < 0 ? Dimension.Unbounded : dimension.Max);
            }

            return new PartialShape(dimensions);
        }
        finally
        {
            _ov.PartialShapeFree(&shape);
        }
    }
}

/// <summary>One input or output: any of its names (null without one), type (null when this build has no name for it) and shape.</summary>
internal sealed record OvPort(string? AnyName, ElementType? Type, PartialShape Shape);
