namespace Ovms.Runtime.Protobuf;

/// <summary>Encodings of the keys and values of a <see cref="ProtoMap{TKey,TValue}"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ProtoMapAttribute : Attribute
{
    /// <summary>Encoding of integer keys.</summary>
    public DataFormat KeyFormat { get; set; }

    /// <summary>Encoding of integer values.</summary>
    public DataFormat ValueFormat { get; set; }
}
