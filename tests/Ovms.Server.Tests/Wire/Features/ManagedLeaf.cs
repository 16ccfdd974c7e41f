using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Tests.Wire.Features;

/// <summary>Leaf of features.proto with managed strings and arrays.</summary>
[ProtoContract]
internal sealed partial class ManagedLeaf
{
    [ProtoMember(1)]
    public partial int Number { get; set; }

    [ProtoMember(2)]
    public partial string Text { get; set; }
}
