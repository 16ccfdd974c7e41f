using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Answers a <see cref="PredictRequest"/>. Contents refer to the engine's memory.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.PredictResponse")]
internal sealed partial class PredictResponse
{
    /// <summary>Output tensors by name.</summary>
    [ProtoMember(1)]
    public partial ProtoMap<Utf8Slice, TensorProto> Outputs { get; }

    /// <summary>The model; this server leaves it out.</summary>
    [ProtoMember(2)]
    public partial ModelSpec? ModelSpec { get; set; }
}
