using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Asks for another configuration.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.ReloadConfigRequest")]
internal sealed partial class ReloadConfigRequest
{
    /// <summary>The configuration.</summary>
    [ProtoMember(1)]
    public partial ModelServerConfig? Config { get; set; }

    /// <summary>Wanted metrics.</summary>
    [ProtoMember(2)]
    public partial ProtoList<Utf8Slice> MetricNames { get; }
}
