namespace Ovms.Runtime.Protobuf;

/// <summary>Names an enum value as the .proto schema does, where text forms print that name. Enums are open: unknown numbers are kept.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ProtoEnumAttribute : Attribute
{
    /// <summary>Name in the .proto schema, for readers only.</summary>
    public string? Name { get; set; }
}
