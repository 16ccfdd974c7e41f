using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Asks for the signature of a model.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.GetModelMetadataRequest")]
internal sealed partial class GetModelMetadataRequest
{
    /// <summary>The model.</summary>
    [ProtoMember(1)]
    public partial ModelSpec? ModelSpec { get; set; }

    /// <summary>Kinds of metadata.</summary>
    [ProtoMember(2)]
    public partial ProtoList<Utf8Slice> MetadataField { get; }
}
