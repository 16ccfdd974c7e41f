namespace Ovms.Runtime.Protobuf;

/// <summary>Gives a partial property of a message its field number.</summary>
/// <param name="tag">Field number, 1 … 536870911 without 19000 … 19999.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ProtoMemberAttribute(int tag) : Attribute
{
    /// <summary>Field number.</summary>
    public int Tag { get; } = tag;

    /// <summary>Name in the .proto schema, for readers only.</summary>
    public string? Name { get; set; }

    /// <summary>Encoding of integers (elements of lists as well); for maps see <see cref="ProtoMapAttribute"/>.</summary>
    public DataFormat DataFormat { get; set; }

    /// <summary>Whether a repeated number is written packed; true by default, as in proto3. Readers take both forms.</summary>
    public bool IsPacked { get; set; } = true;
}
