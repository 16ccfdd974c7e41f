using Ovms.Runtime.Protobuf;
using Ovms.Server.Tests.Reference;

namespace Ovms.Server.Tests.Wire.Features;

/// <summary>AllFeatures of features.proto with managed strings and arrays.</summary>
[ProtoContract]
internal sealed partial class ManagedFeatures
{
    [ProtoMember(1)]
    public partial int Int32Value { get; set; }

    [ProtoMember(2)]
    public partial long Int64Value { get; set; }

    [ProtoMember(3)]
    public partial uint Uint32Value { get; set; }

    [ProtoMember(4)]
    public partial ulong Uint64Value { get; set; }

    [ProtoMember(5, DataFormat = DataFormat.ZigZag)]
    public partial int Sint32Value { get; set; }

    [ProtoMember(6, DataFormat = DataFormat.ZigZag)]
    public partial long Sint64Value { get; set; }

    [ProtoMember(7, DataFormat = DataFormat.FixedSize)]
    public partial uint Fixed32Value { get; set; }

    [ProtoMember(8, DataFormat = DataFormat.FixedSize)]
    public partial ulong Fixed64Value { get; set; }

    [ProtoMember(9, DataFormat = DataFormat.FixedSize)]
    public partial int Sfixed32Value { get; set; }

    [ProtoMember(10, DataFormat = DataFormat.FixedSize)]
    public partial long Sfixed64Value { get; set; }

    [ProtoMember(11)]
    public partial float FloatValue { get; set; }

    [ProtoMember(12)]
    public partial double DoubleValue { get; set; }

    [ProtoMember(13)]
    public partial bool BoolValue { get; set; }

    [ProtoMember(14)]
    public partial string StringValue { get; set; }

    [ProtoMember(15)]
    public partial byte[] BytesValue { get; set; }

    [ProtoMember(16)]
    public partial Color EnumValue { get; set; }

    [ProtoMember(17)]
    public partial ManagedLeaf? LeafValue { get; set; }

    [ProtoMember(18)]
    public partial ManagedFeatures? Self { get; set; }

    [ProtoMember(20)]
    public partial int? OptionalInt32 { get; set; }

    [ProtoMember(21)]
    public partial string? OptionalString { get; set; }

    [ProtoMember(22)]
    public partial byte[]? OptionalBytes { get; set; }

    [ProtoMember(23)]
    public partial bool? OptionalBool { get; set; }

    [ProtoMember(24)]
    public partial Color? OptionalEnum { get; set; }

    [ProtoMember(25)]
    public partial double? OptionalDouble { get; set; }

    [ProtoMember(31)]
    public partial ProtoList<int> Int32List { get; }

    [ProtoMember(32)]
    public partial ProtoList<long> Int64List { get; }

    [ProtoMember(33)]
    public partial ProtoList<uint> Uint32List { get; }

    [ProtoMember(34)]
    public partial ProtoList<ulong> Uint64List { get; }

    [ProtoMember(35, DataFormat = DataFormat.ZigZag)]
    public partial ProtoList<int> Sint32List { get; }

    [ProtoMember(36, DataFormat = DataFormat.ZigZag)]
    public partial ProtoList<long> Sint64List { get; }

    [ProtoMember(37, DataFormat = DataFormat.FixedSize)]
    public partial ProtoList<uint> Fixed32List { get; }

    [ProtoMember(38, DataFormat = DataFormat.FixedSize)]
    public partial ProtoList<ulong> Fixed64List { get; }

    [ProtoMember(39, DataFormat = DataFormat.FixedSize)]
    public partial ProtoList<int> Sfixed32List { get; }

    [ProtoMember(40, DataFormat = DataFormat.FixedSize)]
    public partial ProtoList<long> Sfixed64List { get; }

    [ProtoMember(41)]
    public partial ProtoList<float> FloatList { get; }

    [ProtoMember(42)]
    public partial ProtoList<double> DoubleList { get; }

    [ProtoMember(43)]
    public partial ProtoList<bool> BoolList { get; }

    [ProtoMember(44)]
    public partial ProtoList<string> StringList { get; }

    [ProtoMember(45)]
    public partial ProtoList<byte[]> BytesList { get; }

    [ProtoMember(46)]
    public partial ProtoList<Color> EnumList { get; }

    [ProtoMember(47)]
    public partial ProtoMessageList<ManagedLeaf> LeafList { get; }

    [ProtoMember(48)]
    public partial ProtoMessageList<ManagedFeatures> SelfList { get; }

    [ProtoMember(51, IsPacked = false)]
    public partial ProtoList<int> UnpackedInt32List { get; }

    [ProtoMember(52, IsPacked = false)]
    public partial ProtoList<double> UnpackedDoubleList { get; }

    [ProtoMember(53, IsPacked = false)]
    public partial ProtoList<Color> UnpackedEnumList { get; }

    [ProtoMember(61)]
    public partial ProtoMap<int, long> Int32Map { get; }

    [ProtoMember(62)]
    [ProtoMap(ValueFormat = DataFormat.ZigZag)]
    public partial ProtoMap<long, int> Int64Map { get; }

    [ProtoMember(63)]
    public partial ProtoMap<uint, bool> Uint32Map { get; }

    [ProtoMember(64)]
    public partial ProtoMap<ulong, float> Uint64Map { get; }

    [ProtoMember(65)]
    [ProtoMap(KeyFormat = DataFormat.ZigZag)]
    public partial ProtoMap<int, double> Sint32Map { get; }

    [ProtoMember(66)]
    [ProtoMap(KeyFormat = DataFormat.ZigZag)]
    public partial ProtoMap<long, byte[]> Sint64Map { get; }

    [ProtoMember(67)]
    [ProtoMap(KeyFormat = DataFormat.FixedSize)]
    public partial ProtoMap<uint, string> Fixed32Map { get; }

    [ProtoMember(68)]
    [ProtoMap(KeyFormat = DataFormat.FixedSize)]
    public partial ProtoMap<ulong, Color> Fixed64Map { get; }

    [ProtoMember(69)]
    [ProtoMap(KeyFormat = DataFormat.FixedSize)]
    public partial ProtoMap<int, ManagedLeaf> Sfixed32Map { get; }

    [ProtoMember(70)]
    [ProtoMap(KeyFormat = DataFormat.FixedSize)]
    public partial ProtoMap<long, ManagedFeatures> Sfixed64Map { get; }

    [ProtoMember(71)]
    [ProtoMap(ValueFormat = DataFormat.FixedSize)]
    public partial ProtoMap<bool, uint> BoolMap { get; }

    [ProtoMember(72)]
    [ProtoMap(ValueFormat = DataFormat.FixedSize)]
    public partial ProtoMap<string, ulong> StringMap { get; }

    [ProtoMember(73)]
    public partial ProtoMap<string, ManagedLeaf> StringLeafMap { get; }

    [ProtoMember(81)]
    [ProtoOneof("Choice")]
    public partial int ChoiceInt32 { get; set; }

    [ProtoMember(82)]
    [ProtoOneof("Choice")]
    public partial string ChoiceString { get; set; }

    [ProtoMember(83)]
    [ProtoOneof("Choice")]
    public partial byte[] ChoiceBytes { get; set; }

    [ProtoMember(84)]
    [ProtoOneof("Choice")]
    public partial ManagedLeaf? ChoiceLeaf { get; set; }

    [ProtoMember(85)]
    [ProtoOneof("Choice")]
    public partial ManagedFeatures? ChoiceSelf { get; set; }

    [ProtoMember(86)]
    [ProtoOneof("Choice")]
    public partial Color ChoiceEnum { get; set; }

    [ProtoMember(2000)]
    [ProtoOneof("Choice")]
    public partial double ChoiceDouble { get; set; }

    [ProtoMember(536870911, DataFormat = DataFormat.ZigZag)]
    public partial long Last { get; set; }
}
