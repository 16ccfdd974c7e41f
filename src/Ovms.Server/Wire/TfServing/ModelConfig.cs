using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>One model.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.ModelConfig")]
internal sealed partial class ModelConfig
{
    /// <summary>Name.</summary>
    [ProtoMember(1)]
    public partial Utf8Slice Name { get; set; }

    /// <summary>Folder of the versions.</summary>
    [ProtoMember(2)]
    public partial Utf8Slice BasePath { get; set; }

    /// <summary>Deprecated enum.</summary>
    [ProtoMember(3)]
    public partial int ModelType { get; set; }

    /// <summary>Platform.</summary>
    [ProtoMember(4)]
    public partial Utf8Slice ModelPlatform { get; set; }

    /// <summary>Which versions.</summary>
    [ProtoMember(7)]
    public partial ServableVersionPolicy? ModelVersionPolicy { get; set; }

    /// <summary>Versions by label.</summary>
    [ProtoMember(8)]
    public partial ProtoMap<Utf8Slice, long> VersionLabels { get; }
}
