using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Asks for one inference. Its slices refer to the received message.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.PredictRequest")]
internal sealed partial class PredictRequest
{
    /// <summary>The model.</summary>
    [ProtoMember(1)]
    public partial ModelSpec? ModelSpec { get; set; }

    /// <summary>Input tensors by name.</summary>
    [ProtoMember(2)]
    public partial ProtoMap<Utf8Slice, TensorProto> Inputs { get; }

    /// <summary>Wanted outputs; not used by this server.</summary>
    [ProtoMember(3)]
    public partial ProtoList<Utf8Slice> OutputFilter { get; }
}
