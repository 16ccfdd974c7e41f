using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Ovms.Generators.Common;
using Ovms.Generators.Diagnostics;
using Ovms.Generators.Routing.Model;

namespace Ovms.Generators.Routing;

/// <summary>Reads endpoint classes into the model and reports what is wrong with them.</summary>
internal static class RoutingParser
{
    public const string Namespace = "Ovms.Server.Routing";
    public const string RestEndpoints = Namespace + ".RestEndpointsAttribute";
    public const string RestRoute = Namespace + ".RestRouteAttribute";
    public const string GrpcService = Namespace + ".GrpcServiceAttribute";
    public const string GrpcMethod = Namespace + ".GrpcMethodAttribute";

    private static readonly SymbolDisplayFormat s_qualified = SymbolDisplayFormat.FullyQualifiedFormat
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    public static ParsedClass ParseRest(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        var problems = new List<DiagnosticInfo>();
        CheckShape(type, context.TargetNode, problems);
        var methods = new List<EndpointMethod>();
        var root = RouteNode.Root();
        var leadRoot = RouteNode.Root();
        foreach (var method in type.GetMembers().OfType<IMethodSymbol>())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var routes = new List<RestRoute>();
            foreach (var attribute in AttributesOf(method, RestRoute))
            {
                var (verb, pattern) = (Argument(attribute, 0), Argument(attribute, 1));
                var location = attribute.ApplicationSyntaxReference?.GetSyntax(cancellationToken).GetLocation();
                CheckRoute(verb, pattern, location, root, leadRoot, problems);
                routes.Add(new RestRoute(verb, pattern));
            }

            if (routes.Count == 0)
            {
                continue;
            }

            var endpoint = Describe(method, routes, grpcName: null);
            if (methods.Count > 0 && !SameSignature(methods[0], endpoint))
            {
                problems.Add(DiagnosticInfo.Create(RoutingDiagnostics.SignaturesDiffer, method.Locations[0], method.Name, methods[0].Name));
            }

            methods.Add(endpoint);
        }

        return Result(type, grpcService: null, methods, problems);
    }

    public static ParsedClass ParseGrpc(GeneratorAttributeSyntaxContext context, CancellationToken cancellationToken)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        var problems = new List<DiagnosticInfo>();
        CheckShape(type, context.TargetNode, problems);
        var service = Argument(context.Attributes[0], 0);
        CheckGrpcName(service, "service", context.Attributes[0], problems, cancellationToken);
        var methods = new List<EndpointMethod>();
        foreach (var method in type.GetMembers().OfType<IMethodSymbol>())
        {
            foreach (var attribute in AttributesOf(method, GrpcMethod))
            {
                var name = Argument(attribute, 0);
                CheckGrpcName(name, "method", attribute, problems, cancellationToken);
                if (methods.Any(m => m.GrpcName == name))
                {
                    problems.Add(DiagnosticInfo.Create(RoutingDiagnostics.DuplicateGrpcMethod, method.Locations[0], name, service));
                }

                if (method.ReturnType.ToDisplayString() != "System.Threading.Tasks.ValueTask" || method.Parameters.Length != 1
                    || method.Parameters[0].RefKind != RefKind.None
                    || method.Parameters[0].Type.ToDisplayString() != "Ovms.Server.Grpc.GrpcCall" || method.IsGenericMethod)
                {
                    problems.Add(DiagnosticInfo.Create(RoutingDiagnostics.GrpcSignature, method.Locations[0], method.Name));
                }

                methods.Add(Describe(method, Array.Empty<RestRoute>(), name));
            }
        }

        return Result(type, service, methods, problems);
    }

    /// <summary>A route attribute in a class that lacks the class attribute would do nothing: an error.</summary>
    public static DiagnosticInfo? CheckOwner(GeneratorAttributeSyntaxContext context, string classAttribute)
    {
        var method = context.TargetSymbol;
        return method.ContainingType is null || AttributesOf(method.ContainingType, classAttribute).Any()
            ? null
            : DiagnosticInfo.Create(RoutingDiagnostics.RouteOutsideClass, method.Locations[0], method.Name,
                classAttribute.Substring(Namespace.Length + 1).Replace("Attribute", string.Empty));
    }

    private static ParsedClass Result(INamedTypeSymbol type, string? grpcService, List<EndpointMethod> methods, List<DiagnosticInfo> problems)
    {
        var ns = type.ContainingNamespace.IsGlobalNamespace ? string.Empty : type.ContainingNamespace.ToDisplayString();
        var model = problems.Count > 0
            ? null
            : new EndpointClass(ns, type.Name, grpcService, new EquatableArray<EndpointMethod>(methods));
        return new ParsedClass(model, new EquatableArray<DiagnosticInfo>(problems));
    }

    private static void CheckShape(INamedTypeSymbol type, SyntaxNode node, List<DiagnosticInfo> problems)
    {
        var partial = node is TypeDeclarationSyntax declaration && declaration.Modifiers.Any(SyntaxKind.PartialKeyword);
        if (!partial || type.ContainingType is not null || type.IsGenericType)
        {
            problems.Add(DiagnosticInfo.Create(RoutingDiagnostics.ClassShape, type.Locations[0], type.Name));
        }
    }

    private static void CheckRoute(
        string verb, string pattern, Location? location, RouteNode root, RouteNode leadRoot, List<DiagnosticInfo> problems)
    {
        if (verb.Length == 0 || verb.Any(static c => c is < 'A' or > 'Z'))
        {
            problems.Add(DiagnosticInfo.Create(RoutingDiagnostics.BadVerb, location, verb));
        }

        var parsed = RoutePattern.TryParse(pattern, out var error);
        if (parsed is null)
        {
            problems.Add(DiagnosticInfo.Create(RoutingDiagnostics.BadPattern, location, pattern, error));
            return;
        }

        var tree = parsed.HasOptionalLead ? leadRoot : root;
        var added = false;
        string? other = null;
        foreach (var way in parsed.Ways)
        {
            added |= tree.TryAdd(way, verb, pattern, out var existing);
            other ??= existing;
        }

        // Ways of one pattern may coincide with ways of another (the earlier wins); a route none of whose ways is new is a mistake.
        if (!added)
        {
            problems.Add(DiagnosticInfo.Create(RoutingDiagnostics.DuplicateRoute, location, verb, pattern, other ?? pattern));
        }
    }

    private static void CheckGrpcName(
        string name, string kind, AttributeData attribute, List<DiagnosticInfo> problems, CancellationToken cancellationToken)
    {
        var valid = name.Length > 0 && name.All(c => c is >= '0' and <= '9' or >= 'A' and <= 'Z' or >= 'a' and <= 'z' or '_'
            || (c == '.' && kind == "service"));
        if (!valid)
        {
            var location = attribute.ApplicationSyntaxReference?.GetSyntax(cancellationToken).GetLocation();
            problems.Add(DiagnosticInfo.Create(RoutingDiagnostics.BadGrpcName, location, name, kind));
        }
    }

    private static EndpointMethod Describe(IMethodSymbol method, IEnumerable<RestRoute> routes, string? grpcName) => new(
        method.Name,
        method.IsStatic,
        method.ReturnType.ToDisplayString(s_qualified),
        new EquatableArray<string>(method.Parameters.Select(static p => Modifier(p) + p.Type.ToDisplayString(s_qualified) + " @" + p.Name)),
        new EquatableArray<string>(method.Parameters.Select(static p => Modifier(p) + "@" + p.Name)),
        new EquatableArray<RestRoute>(routes),
        grpcName);

    private static string Modifier(IParameterSymbol parameter) => parameter.RefKind switch
    {
        RefKind.Ref => "ref ",
        RefKind.Out => "out ",
        RefKind.In => "in ",
        RefKind.RefReadOnlyParameter => "in ",
        _ => string.Empty,
    };

    private static bool SameSignature(EndpointMethod left, EndpointMethod right) =>
        left.ReturnType == right.ReturnType
        && left.Parameters.Select(Type).SequenceEqual(right.Parameters.Select(Type));

    private static string Type(string parameter) => parameter.Substring(0, parameter.LastIndexOf(' '));

    private static IEnumerable<AttributeData> AttributesOf(ISymbol symbol, string name) =>
        symbol.GetAttributes().Where(a => a.AttributeClass?.ToDisplayString() == name);

    private static string Argument(AttributeData attribute, int index) =>
        attribute.ConstructorArguments.Length > index ? attribute.ConstructorArguments[index].Value as string ?? string.Empty : string.Empty;
}
