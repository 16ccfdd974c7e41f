using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>A metric.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "tensorflow.serving.Metric")]
internal sealed partial class Metric
{
    /// <summary>Name.</summary>
    [ProtoMember(1)]
    public partial Utf8Slice Name { get; set; }

    /// <summary>Increase by the reload.</summary>
    [ProtoMember(2)]
    [ProtoOneof("Value")]
    public partial long Int64ValueIncrease { get; set; }
}
