using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>The newest versions.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy.Latest")]
internal sealed partial class LatestVersions
{
    /// <summary>How many.</summary>
    [ProtoMember(1)]
    public partial uint NumVersions { get; set; }
}
