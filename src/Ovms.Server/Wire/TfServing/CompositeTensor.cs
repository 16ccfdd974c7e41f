using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>A tensor of several parts.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.TensorInfo.CompositeTensor")]
internal sealed partial class CompositeTensor
{
    /// <summary>The type, a TypeSpecProto, encoded.</summary>
    [ProtoMember(1)]
    public partial ByteSlice TypeSpec { get; set; }

    /// <summary>The parts.</summary>
    [ProtoMember(2)]
    public partial ProtoMessageList<TensorInfo> Components { get; }
}
