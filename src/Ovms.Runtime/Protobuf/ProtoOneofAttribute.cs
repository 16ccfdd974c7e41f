namespace Ovms.Runtime.Protobuf;

/// <summary>Puts a member into a oneof: setting it clears the others. The generator adds an enum and a property that tell which one is set.</summary>
/// <param name="name">Name of the oneof in PascalCase: <c>Kind</c> gives the property <c>KindCase</c> of the nested enum <c>KindOneof</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ProtoOneofAttribute(string name) : Attribute
{
    /// <summary>Name of the oneof.</summary>
    public string Name { get; } = name;
}
