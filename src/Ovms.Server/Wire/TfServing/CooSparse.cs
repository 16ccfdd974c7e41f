using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>A sparse tensor.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.TensorInfo.CooSparse")]
internal sealed partial class CooSparse
{
    /// <summary>Name of the tensor of values.</summary>
    [ProtoMember(1)]
    public partial Utf8Slice ValuesTensorName { get; set; }

    /// <summary>Name of the tensor of indices.</summary>
    [ProtoMember(2)]
    public partial Utf8Slice IndicesTensorName { get; set; }

    /// <summary>Name of the tensor of the shape.</summary>
    [ProtoMember(3)]
    public partial Utf8Slice DenseShapeTensorName { get; set; }
}
