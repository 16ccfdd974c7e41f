using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Listed versions.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy.Specific")]
internal sealed partial class SpecificVersions
{
    /// <summary>Version numbers.</summary>
    [ProtoMember(1)]
    public partial ProtoList<long> Versions { get; }
}
