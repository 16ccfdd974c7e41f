using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Answers a <see cref="GetModelMetadataRequest"/>.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.GetModelMetadataResponse")]
internal sealed partial class GetModelMetadataResponse
{
    /// <summary>The model.</summary>
    [ProtoMember(1)]
    public partial ModelSpec? ModelSpec { get; set; }

    /// <summary>Metadata by kind.</summary>
    [ProtoMember(2)]
    public partial ProtoMap<Utf8Slice, Any> Metadata { get; }
}
