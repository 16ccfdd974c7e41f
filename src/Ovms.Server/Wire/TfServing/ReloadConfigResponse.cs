using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Answers a <see cref="ReloadConfigRequest"/>.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.ReloadConfigResponse")]
internal sealed partial class ReloadConfigResponse
{
    /// <summary>How it ended.</summary>
    [ProtoMember(1)]
    public partial StatusProto? Status { get; set; }

    /// <summary>Metrics.</summary>
    [ProtoMember(2)]
    public partial ProtoMessageList<Metric> Metric { get; }
}
