using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Tests.Wire.Features;

/// <summary>Leaf of features.proto with slices of the source.</summary>
[ProtoContract]
internal sealed partial class SlicedLeaf
{
    [ProtoMember(1)]
    public partial int Number { get; set; }

    [ProtoMember(2)]
    public partial Utf8Slice Text { get; set; }
}
