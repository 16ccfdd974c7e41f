namespace Ovms.Generators.Proto.Model;

/// <summary>What one value of a field is. The names are the suffixes of the reader's, writer's and size methods.</summary>
internal enum ScalarKind
{
    Int32,
    Int64,
    UInt32,
    UInt64,
    SInt32,
    SInt64,
    Bool,
    Enum,
    Fixed32,
    Fixed64,
    SFixed32,
    SFixed64,
    Float,
    Double,
    String,
    Bytes,
    Utf8,
    Slice,
    Message,
}

/// <summary>How often a field occurs.</summary>
internal enum Cardinality
{
    Singular,
    Optional,
    Repeated,
    Packed,
    Map,
}
