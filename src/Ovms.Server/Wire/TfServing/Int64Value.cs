using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>A number that can be absent.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "google.protobuf.Int64Value")]
internal sealed partial class Int64Value
{
    /// <summary>The number.</summary>
    [ProtoMember(1)]
    public partial long Value { get; set; }
}
