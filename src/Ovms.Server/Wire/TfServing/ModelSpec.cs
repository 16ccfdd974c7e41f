using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Which model, which version.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.ModelSpec")]
internal sealed partial class ModelSpec
{
    /// <summary>Model name.</summary>
    [ProtoMember(1)]
    public partial Utf8Slice Name { get; set; }

    /// <summary>Version number; 0 and absent mean the default version.</summary>
    [ProtoMember(2)]
    [ProtoOneof("VersionChoice")]
    public partial Int64Value? Version { get; set; }

    /// <summary>Label of a version; not used by this server.</summary>
    [ProtoMember(4)]
    [ProtoOneof("VersionChoice")]
    public partial Utf8Slice VersionLabel { get; set; }

    /// <summary>Signature; not used by this server.</summary>
    [ProtoMember(3)]
    public partial Utf8Slice SignatureName { get; set; }
}
