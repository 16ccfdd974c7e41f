using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Models.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.ModelConfigList")]
internal sealed partial class ModelConfigList
{
    /// <summary>The models.</summary>
    [ProtoMember(1)]
    public partial ProtoMessageList<ModelConfig> Config { get; }
}
