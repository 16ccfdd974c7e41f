using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Answers a <see cref="GetModelStatusRequest"/>.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.GetModelStatusResponse")]
internal sealed partial class GetModelStatusResponse
{
    /// <summary>States of the versions.</summary>
    [ProtoMember(1)]
    public partial ProtoMessageList<ModelVersionStatusProto> ModelVersionStatus { get; }
}
