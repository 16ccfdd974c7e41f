using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Asks for the states of a model's versions.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.GetModelStatusRequest")]
internal sealed partial class GetModelStatusRequest
{
    /// <summary>The model.</summary>
    [ProtoMember(1)]
    public partial ModelSpec? ModelSpec { get; set; }
}
