using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>What is declared of a tensor.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.TensorInfo")]
internal sealed partial class TensorInfo
{
    /// <summary>Name of the tensor.</summary>
    [ProtoMember(1)]
    [ProtoOneof("Encoding")]
    public partial Utf8Slice Name { get; set; }

    /// <summary>Names of the parts of a sparse tensor.</summary>
    [ProtoMember(4)]
    [ProtoOneof("Encoding")]
    public partial CooSparse? CooSparse { get; set; }

    /// <summary>Parts of a composite tensor.</summary>
    [ProtoMember(5)]
    [ProtoOneof("Encoding")]
    public partial CompositeTensor? CompositeTensor { get; set; }

    /// <summary>Element type.</summary>
    [ProtoMember(2)]
    public partial DataType Dtype { get; set; }

    /// <summary>Shape; −1 for dynamic dimensions.</summary>
    [ProtoMember(3)]
    public partial TensorShapeProto? TensorShape { get; set; }
}
