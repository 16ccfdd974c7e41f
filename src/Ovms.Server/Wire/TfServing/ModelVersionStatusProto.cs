using Ovms.Runtime.Protobuf;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Wire.TfServing;

/// <summary>State of one version. Named apart from the contract of Dispatch.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.ModelVersionStatus")]
internal sealed partial class ModelVersionStatusProto
{
    /// <summary>Version number.</summary>
    [ProtoMember(1)]
    public partial long Version { get; set; }

    /// <summary>Life-cycle state; the enum of Dispatch has the numbers of the wire.</summary>
    [ProtoMember(2)]
    public partial ModelVersionState State { get; set; }

    /// <summary>Why it failed, or OK.</summary>
    [ProtoMember(3)]
    public partial StatusProto? Status { get; set; }
}
