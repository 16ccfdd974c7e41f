namespace Ovms.Runtime.Protobuf;

/// <summary>Marks a partial class as a protobuf message; the generator writes its reader, writer and members.</summary>
/// <remarks>Name and meaning as in protobuf-net. Every member is a <c>partial</c> property with <see cref="ProtoMemberAttribute"/>:
/// scalars, enums, <see cref="string"/>, <c>byte[]</c>, <see cref="Utf8Slice"/>, <see cref="ByteSlice"/>, nullable message classes, and the
/// get-only collections <see cref="ProtoList{T}"/>, <see cref="ProtoMessageList{T}"/>, <see cref="ProtoMap{TKey,TValue}"/>, <see cref="ProtoPacked{T}"/>.
/// A nullable scalar is a proto3 <c>optional</c> field.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ProtoContractAttribute : Attribute
{
    /// <summary>Name in the .proto schema, for readers only.</summary>
    public string? Name { get; set; }
}
