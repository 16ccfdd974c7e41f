using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>All versions.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.FileSystemStoragePathSourceConfig.ServableVersionPolicy.All")]
internal sealed partial class AllVersions
{
}
