using Ovms.Generators.Proto.Model;

namespace Ovms.Generators.Proto;

/// <summary>Names and code fragments of a field that several parts of the emitter use.</summary>
internal static class FieldNames
{
    public const string Space = "global::Ovms.Runtime.Protobuf.";

    /// <summary>The backing field.</summary>
    public static string Store(this FieldModel field) => "_" + char.ToLowerInvariant(field.Name[0]) + field.Name.Substring(1);

    /// <summary>Whether a message is there (its object is kept when it is not).</summary>
    public static string Has(this FieldModel field) => "_has" + field.Name;

    /// <summary>Measured size of a packed field.</summary>
    public static string Size(this FieldModel field) => field.Store() + "Size";

    /// <summary>The field that holds which member of the oneof is set.</summary>
    public static string CaseStore(string oneof) => "_" + char.ToLowerInvariant(oneof[0]) + oneof.Substring(1) + "Case";

    /// <summary>The enum value for a member of a oneof.</summary>
    public static string CaseValue(this FieldModel field) => $"{field.Oneof}Oneof.{field.Name}";

    public static bool IsMessage(this FieldModel field) => field.Value.Kind == ScalarKind.Message;

    public static bool IsPackable(this ScalarKind kind) => kind < ScalarKind.String;

    /// <summary>Suffix of the methods that read, write and measure the kind.</summary>
    public static string Suffix(this ScalarKind kind) => kind == ScalarKind.Enum ? "Int32" : kind.ToString();

    public static int WireType(this ScalarKind kind) => kind switch
    {
        ScalarKind.Fixed64 or ScalarKind.SFixed64 or ScalarKind.Double => 1,
        ScalarKind.Fixed32 or ScalarKind.SFixed32 or ScalarKind.Float => 5,
        >= ScalarKind.String => 2,
        _ => 0,
    };

    /// <summary>Bytes of every value, or 0 where it depends on the value.</summary>
    public static int FixedSize(this ScalarKind kind) => kind.WireType() switch
    {
        1 => 8,
        5 => 4,
        _ => kind == ScalarKind.Bool ? 1 : 0,
    };

    public static uint Tag(int number, int wireType) => ((uint)number << 3) | (uint)wireType;

    public static int TagSize(int number)
    {
        var size = 1;
        for (var rest = (uint)number << 3; rest >= 0x80; rest >>= 7)
        {
            size++;
        }

        return size;
    }

    /// <summary>The value as the methods of its kind take it.</summary>
    public static string Raw(this ValueModel value, string expression) => value.Kind == ScalarKind.Enum ? $"(int){expression}" : expression;

    /// <summary>What a read number becomes.</summary>
    public static string Typed(this ValueModel value, string expression) => value.Kind == ScalarKind.Enum ? $"({value.Type}){expression}" : expression;

    public static string Default(this ValueModel value) => value.Kind switch
    {
        ScalarKind.String => "\"\"",
        ScalarKind.Bytes => "[]",
        _ => "default",
    };

    /// <summary>Condition under which a proto3 field without presence is written.</summary>
    public static string IsSet(this ValueModel value, string expression) => value.Kind switch
    {
        ScalarKind.Bool => expression,
        ScalarKind.Enum => $"(int){expression} != 0",
        ScalarKind.String or ScalarKind.Bytes => $"{expression}.Length != 0",
        ScalarKind.Utf8 or ScalarKind.Slice => $"!{expression}.IsEmpty",
        _ => $"{expression} != 0",
    };

    /// <summary>The same for a value in a map entry: Google.Protobuf for C# compares floats by their bits there, so −0 is written.</summary>
    public static string IsSetInEntry(this ValueModel value, string expression) => value.Kind switch
    {
        ScalarKind.Float => $"global::System.BitConverter.SingleToUInt32Bits({expression}) != 0",
        ScalarKind.Double => $"global::System.BitConverter.DoubleToUInt64Bits({expression}) != 0",
        _ => value.IsSet(expression),
    };

    public static string Collection(this FieldModel field) => field.Cardinality switch
    {
        Cardinality.Map => $"{Space}ProtoMap<{field.Key!.Type}, {field.Value.Type}>",
        Cardinality.Packed => $"{Space}ProtoPacked<{field.Value.Type}>",
        _ => $"{Space}{(field.IsMessage() ? "ProtoMessageList" : "ProtoList")}<{field.Value.Type}>",
    };

    /// <summary>Arguments of the collection's constructor.</summary>
    public static string CollectionArguments(this FieldModel field) => field.Cardinality != Cardinality.Packed ? string.Empty
        : $"{Space}ProtoEncoding." + (field.Value.Kind is ScalarKind.SInt32 or ScalarKind.SInt64 ? "ZigZag" : field.Value.Kind.FixedSize() > 1 ? "Fixed" : "Varint");
}
