using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>What to serve.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.ModelServerConfig")]
internal sealed partial class ModelServerConfig
{
    /// <summary>Models.</summary>
    [ProtoMember(1)]
    [ProtoOneof("Config")]
    public partial ModelConfigList? ModelConfigList { get; set; }

    /// <summary>Own configuration.</summary>
    [ProtoMember(2)]
    [ProtoOneof("Config")]
    public partial Any? CustomModelConfig { get; set; }
}
