using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Wire.TfServing;

/// <summary>A message of any type.</summary>
/// <remarks>Source: W§1.2.</remarks>
[ProtoContract(Name = "google.protobuf.Any")]
internal sealed partial class Any
{
    /// <summary>Type of the message.</summary>
    [ProtoMember(1)]
    public partial Utf8Slice TypeUrl { get; set; }

    /// <summary>The message, encoded.</summary>
    [ProtoMember(2)]
    public partial ByteSlice Value { get; set; }
}
