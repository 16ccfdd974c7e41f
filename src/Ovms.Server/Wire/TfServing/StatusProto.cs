using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>A status.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.StatusProto")]
internal sealed partial class StatusProto
{
    /// <summary>Code, numbered as gRPC's.</summary>
    [ProtoMember(1)]
    public partial int ErrorCode { get; set; }

    /// <summary>Text; this server sends the code's name.</summary>
    [ProtoMember(2)]
    public partial Utf8Slice ErrorMessage { get; set; }
}
