using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>A shape.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.TensorShapeProto")]
internal sealed partial class TensorShapeProto
{
    /// <summary>Dimensions, outermost first.</summary>
    [ProtoMember(2)]
    public partial ProtoMessageList<TensorShapeDim> Dim { get; }

    /// <summary>The rank is not known.</summary>
    [ProtoMember(3)]
    public partial bool UnknownRank { get; set; }
}
