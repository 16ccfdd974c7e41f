using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Which versions are served.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy")]
internal sealed partial class ServableVersionPolicy
{
    /// <summary>The newest ones.</summary>
    [ProtoMember(100)]
    [ProtoOneof("PolicyChoice")]
    public partial LatestVersions? Latest { get; set; }

    /// <summary>All.</summary>
    [ProtoMember(101)]
    [ProtoOneof("PolicyChoice")]
    public partial AllVersions? All { get; set; }

    /// <summary>The listed ones.</summary>
    [ProtoMember(102)]
    [ProtoOneof("PolicyChoice")]
    public partial SpecificVersions? Specific { get; set; }
}
