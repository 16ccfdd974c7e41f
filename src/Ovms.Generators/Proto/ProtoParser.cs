using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Ovms.Generators.Common;
using Ovms.Generators.Diagnostics;
using Ovms.Generators.Proto.Model;

namespace Ovms.Generators.Proto;

/// <summary>Reads a message class into its model, or says what is wrong with it.</summary>
internal static class ProtoParser
{
    private const string Space = "Ovms.Runtime.Protobuf.";
    public const string ContractAttribute = Space + "ProtoContractAttribute";
    public const string MemberAttribute = Space + "ProtoMemberAttribute";
    private const string OneofAttribute = Space + "ProtoOneofAttribute";
    private const string MapAttribute = Space + "ProtoMapAttribute";
    private const int LastNumber = 536_870_911;

    public static ParsedMessage Parse(GeneratorAttributeSyntaxContext context, CancellationToken token)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        var problems = new List<DiagnosticInfo>();
        if (!CanComplete(type))
        {
            problems.Add(DiagnosticInfo.Create(ProtoDiagnostics.ClassShape, ((TypeDeclarationSyntax)context.TargetNode).Identifier.GetLocation(), type.Name));
        }

        var fields = new List<FieldModel>();
        foreach (var property in type.GetMembers().OfType<IPropertySymbol>())
        {
            token.ThrowIfCancellationRequested();
            if (property.PartialDefinitionPart is null && Attribute(property, MemberAttribute) is { } attribute
                && new MemberParser(property, attribute, problems).Parse() is { } field)
            {
                if (fields.Find(other => other.Number == field.Number) is { } twin)
                {
                    problems.Add(DiagnosticInfo.Create(
                        ProtoDiagnostics.DuplicateNumber, property.Locations[0], property.Name, field.Number.ToString(), twin.Name));
                }

                fields.Add(field);
            }
        }

        var failed = problems.Exists(static problem => problem.Descriptor.DefaultSeverity == DiagnosticSeverity.Error);
        var model = failed ? null : new MessageModel(
            type.ContainingNamespace.IsGlobalNamespace ? string.Empty : type.ContainingNamespace.ToDisplayString(),
            new EquatableArray<string>(Containers(type)),
            type.Name,
            new EquatableArray<FieldModel>(fields.OrderBy(static field => field.Number)));
        return new ParsedMessage(model, new EquatableArray<DiagnosticInfo>(problems));
    }

    /// <summary>Says when a member's class is no message.</summary>
    public static DiagnosticInfo? CheckOwner(GeneratorAttributeSyntaxContext context) =>
        Attribute(context.TargetSymbol.ContainingType, ContractAttribute) is null
            ? DiagnosticInfo.Create(ProtoDiagnostics.MemberOutsideMessage, context.TargetSymbol.Locations[0], context.TargetSymbol.Name)
            : null;

    private static AttributeData? Attribute(ISymbol symbol, string name) =>
        symbol.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass?.ToDisplayString() == name);

    private static bool CanComplete(INamedTypeSymbol type)
    {
        if (type.TypeKind != TypeKind.Class || type.IsRecord || type.IsAbstract || type.IsStatic || type.IsGenericType
            || type.InstanceConstructors.All(static constructor => constructor.Parameters.Length > 0))
        {
            return false;
        }

        for (var outer = type; outer is not null; outer = outer.ContainingType)
        {
            if (outer.IsGenericType || !outer.DeclaringSyntaxReferences.All(
                static reference => reference.GetSyntax() is TypeDeclarationSyntax syntax && syntax.Modifiers.Any(SyntaxKind.PartialKeyword)))
            {
                return false;
            }
        }

        return true;
    }

    private static List<string> Containers(INamedTypeSymbol type)
    {
        var containers = new List<string>();
        for (var outer = type.ContainingType; outer is not null; outer = outer.ContainingType)
        {
            var keyword = (outer.IsRecord ? "record " : string.Empty) + (outer.TypeKind == TypeKind.Struct ? "struct " : outer.TypeKind == TypeKind.Interface ? "interface " : "class ");
            containers.Insert(0, keyword + outer.Name);
        }

        return containers;
    }

    /// <summary>Reads one property.</summary>
    private sealed class MemberParser(IPropertySymbol property, AttributeData attribute, List<DiagnosticInfo> problems)
    {
        private readonly int _before = problems.Count;

        public FieldModel? Parse()
        {
            var number = attribute.ConstructorArguments.Length == 1 && attribute.ConstructorArguments[0].Value is int tag ? tag : 0;
            if (number is < 1 or > LastNumber or (>= 19000 and <= 19999))
            {
                Report(ProtoDiagnostics.BadNumber, number.ToString());
            }

            var map = Attribute(property, MapAttribute);
            var oneof = Attribute(property, OneofAttribute)?.ConstructorArguments.FirstOrDefault().Value as string;
            var format = Named(attribute, "DataFormat");
            var (cardinality, value, key) = ParseType(format, map);
            if (value is not null)
            {
                CheckShape(cardinality);
            }

            if (oneof is not null && cardinality != Cardinality.Singular)
            {
                Report(ProtoDiagnostics.BadOneof);
            }

            var packable = cardinality is Cardinality.Repeated or Cardinality.Packed && value is { Kind: < ScalarKind.String };
            if (attribute.NamedArguments.Any(static argument => argument.Key == "IsPacked") && !packable)
            {
                Report(ProtoDiagnostics.NoEffect, "IsPacked");
            }

            if (map is not null && cardinality != Cardinality.Map)
            {
                Report(ProtoDiagnostics.NoEffect, "[ProtoMap]");
            }

            var packed = packable && !attribute.NamedArguments.Any(static argument => argument.Key == "IsPacked" && argument.Value.Value is false);
            return value is null ? null : new FieldModel(
                property.Name, SyntaxFacts.GetText(property.DeclaredAccessibility), Name(property.Type, nullable: true), number, cardinality, value, key,
                packed, oneof);
        }

        private (Cardinality Cardinality, ValueModel? Value, ValueModel? Key) ParseType(int format, AttributeData? map)
        {
            if (property.Type is not INamedTypeSymbol { IsGenericType: true } generic)
            {
                var value = ParseValue(property.Type, format);
                var annotated = property.Type.NullableAnnotation == NullableAnnotation.Annotated;
                if (value is { Kind: ScalarKind.Message })
                {
                    if (!annotated)
                    {
                        Report(ProtoDiagnostics.MessageNotNullable);
                    }

                    return (Cardinality.Singular, value, null);
                }

                return (annotated ? Cardinality.Optional : Cardinality.Singular, value, null);
            }

            var arguments = generic.TypeArguments;
            switch (Definition(generic))
            {
                case "System.Nullable<T>":
                    return (Cardinality.Optional, ParseValue(arguments[0], format), null);
                case Space + "ProtoList<T>":
                    var element = ParseValue(arguments[0], format);
                    return element is { Kind: ScalarKind.Message } ? Unsupported() : (Cardinality.Repeated, element, null);
                case Space + "ProtoMessageList<T>":
                    return (Cardinality.Repeated, ParseValue(arguments[0], format), null);
                case Space + "ProtoPacked<T>":
                    var number = ParseValue(arguments[0], format);
                    return number is { Kind: >= ScalarKind.String or ScalarKind.Enum } ? Unsupported() : (Cardinality.Packed, number, null);
                case Space + "ProtoMap<TKey, TValue>":
                    var key = ParseValue(arguments[0], map is null ? 0 : Named(map, "KeyFormat"));
                    if (key is { Kind: ScalarKind.Enum or ScalarKind.Float or ScalarKind.Double or ScalarKind.Bytes or ScalarKind.Slice or ScalarKind.Message })
                    {
                        Report(ProtoDiagnostics.BadMapKey, Name(arguments[0], nullable: false));
                    }

                    return (Cardinality.Map, ParseValue(arguments[1], map is null ? 0 : Named(map, "ValueFormat")), key);
                default:
                    return Unsupported();
            }
        }

        private (Cardinality Cardinality, ValueModel? Value, ValueModel? Key) Unsupported()
        {
            Report(ProtoDiagnostics.UnsupportedType, property.Type.ToDisplayString());
            return (Cardinality.Singular, null, null);
        }

        private ValueModel? ParseValue(ITypeSymbol type, int format)
        {
            var name = Name(type, nullable: false);
            if (Kind(type) is not { } kind)
            {
                Report(ProtoDiagnostics.UnsupportedType, type.ToDisplayString());
                return null;
            }

            if (WithFormat(kind, format) is { } formatted)
            {
                return new ValueModel(formatted, name);
            }

            Report(ProtoDiagnostics.BadFormat, format == 1 ? "ZigZag" : "FixedSize", type.ToDisplayString());
            return null;
        }

        private static ScalarKind? Kind(ITypeSymbol type)
        {
            switch (type.SpecialType)
            {
                case SpecialType.System_Int32: return ScalarKind.Int32;
                case SpecialType.System_Int64: return ScalarKind.Int64;
                case SpecialType.System_UInt32: return ScalarKind.UInt32;
                case SpecialType.System_UInt64: return ScalarKind.UInt64;
                case SpecialType.System_Boolean: return ScalarKind.Bool;
                case SpecialType.System_Single: return ScalarKind.Float;
                case SpecialType.System_Double: return ScalarKind.Double;
                case SpecialType.System_String: return ScalarKind.String;
            }

            if (type is IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Byte })
            {
                return ScalarKind.Bytes;
            }

            if (type is not INamedTypeSymbol named)
            {
                return null;
            }

            return Definition(named) switch
            {
                Space + "Utf8Slice" => ScalarKind.Utf8,
                Space + "ByteSlice" => ScalarKind.Slice,
                _ when named.EnumUnderlyingType is { SpecialType: SpecialType.System_Int32 } => ScalarKind.Enum,
                _ when Attribute(type, ContractAttribute) is not null => ScalarKind.Message,
                _ => null,
            };
        }

        private static ScalarKind? WithFormat(ScalarKind kind, int format) => (format, kind) switch
        {
            (0, _) => kind,
            (1, ScalarKind.Int32) => ScalarKind.SInt32,
            (1, ScalarKind.Int64) => ScalarKind.SInt64,
            (3, ScalarKind.Int32) => ScalarKind.SFixed32,
            (3, ScalarKind.Int64) => ScalarKind.SFixed64,
            (3, ScalarKind.UInt32) => ScalarKind.Fixed32,
            (3, ScalarKind.UInt64) => ScalarKind.Fixed64,
            _ => null,
        };

        private void CheckShape(Cardinality cardinality)
        {
            var collection = cardinality >= Cardinality.Repeated;
            if (!property.IsPartialDefinition || property.IsStatic || property.IsIndexer || property.GetMethod is null
                || (property.SetMethod is null) != collection || property.SetMethod is { IsInitOnly: true } || property.IsRequired)
            {
                Report(ProtoDiagnostics.MemberShape, collection ? "{ get; }" : "{ get; set; }");
            }
        }

        private void Report(DiagnosticDescriptor descriptor, params string[] details)
        {
            // One problem of a kind a member is enough to act on.
            if (!problems.Skip(_before).Any(problem => problem.Descriptor == descriptor))
            {
                problems.Add(DiagnosticInfo.Create(descriptor, property.Locations[0], [property.Name, .. details]));
            }
        }

        private static int Named(AttributeData data, string name) =>
            data.NamedArguments.FirstOrDefault(argument => argument.Key == name).Value.Value is int value ? value : 0;

        private static string Definition(INamedTypeSymbol type) => type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T
            ? "System.Nullable<T>" : type.OriginalDefinition.ToDisplayString();

        private static string Name(ITypeSymbol type, bool nullable)
        {
            var format = SymbolDisplayFormat.FullyQualifiedFormat;
            return nullable
                ? type.ToDisplayString(format.AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier))
                : type.WithNullableAnnotation(NullableAnnotation.None).ToDisplayString(format);
        }
    }
}
