using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>A dimension.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.TensorShapeProto.Dim")]
internal sealed partial class TensorShapeDim
{
    /// <summary>Size; −1 for any.</summary>
    [ProtoMember(1)]
    public partial long Size { get; set; }

    /// <summary>Name of the dimension.</summary>
    [ProtoMember(2)]
    public partial Utf8Slice Name { get; set; }
}
