using Microsoft.CodeAnalysis;

namespace Ovms.Generators.Diagnostics;

/// <summary>Diagnostics of the protobuf generator: OVMS0001 to OVMS0099.</summary>
internal static class ProtoDiagnostics
{
    public static readonly DiagnosticDescriptor ClassShape = Error(
        "OVMS0001", "Message class cannot be completed",
        "Message '{0}' must be a partial, non-generic, non-abstract class with a constructor without parameters, and so must be partial the types around it");

    public static readonly DiagnosticDescriptor MemberShape = Error(
        "OVMS0002", "Message member cannot be completed", "Member '{0}' must be a partial instance property with {1}");

    public static readonly DiagnosticDescriptor BadNumber = Error(
        "OVMS0003", "Field number is not allowed", "Field number {1} of '{0}' is not in 1 to 536870911 without 19000 to 19999");

    public static readonly DiagnosticDescriptor DuplicateNumber = Error(
        "OVMS0004", "Field number is used twice", "Field number {1} of '{0}' is that of '{2}'");

    public static readonly DiagnosticDescriptor UnsupportedType = Error(
        "OVMS0005", "Member type has no protobuf form", "Type '{1}' of '{0}' has no protobuf form");

    public static readonly DiagnosticDescriptor BadFormat = Error(
        "OVMS0006", "Data format does not fit the type", "Data format {1} of '{0}' does not fit type '{2}'");

    public static readonly DiagnosticDescriptor BadOneof = Error(
        "OVMS0007", "Member cannot be in a oneof", "'{0}' cannot be in a oneof: only singular members can");

    public static readonly DiagnosticDescriptor BadMapKey = Error(
        "OVMS0008", "Map key type is not allowed", "Map '{0}' cannot have keys of type '{1}': only integers, bool and strings can be keys");

    public static readonly DiagnosticDescriptor MessageNotNullable = Error(
        "OVMS0009", "Message member is not nullable", "Message member '{0}' must be nullable: an absent message is null");

    public static readonly DiagnosticDescriptor MemberOutsideMessage = Error(
        "OVMS0010", "Member outside a message", "'{0}' has [ProtoMember], but its class has no [ProtoContract]");

    public static readonly DiagnosticDescriptor NoEffect = new(
        "OVMS0011", "Attribute has no effect", "{1} has no effect on '{0}'", "Ovms.Proto", DiagnosticSeverity.Warning, isEnabledByDefault: true);

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "Ovms.Proto", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
