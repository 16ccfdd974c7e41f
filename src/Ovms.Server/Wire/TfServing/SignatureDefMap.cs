using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>All signatures of a model.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.SignatureDefMap")]
internal sealed partial class SignatureDefMap
{
    /// <summary>Signatures by name.</summary>
    [ProtoMember(1)]
    public partial ProtoMap<Utf8Slice, SignatureDef> SignatureDef { get; }
}
