using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Inputs and outputs of a model.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.SignatureDef")]
internal sealed partial class SignatureDef
{
    /// <summary>Inputs by name.</summary>
    [ProtoMember(1)]
    public partial ProtoMap<Utf8Slice, TensorInfo> Inputs { get; }

    /// <summary>Outputs by name.</summary>
    [ProtoMember(2)]
    public partial ProtoMap<Utf8Slice, TensorInfo> Outputs { get; }

    /// <summary>Method; not used by this server.</summary>
    [ProtoMember(3)]
    public partial Utf8Slice MethodName { get; set; }

    /// <summary>Default inputs; not used by this server.</summary>
    [ProtoMember(4)]
    public partial ProtoMap<Utf8Slice, TensorProto> Defaults { get; }
}
