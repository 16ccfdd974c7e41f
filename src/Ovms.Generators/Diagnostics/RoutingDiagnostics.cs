using Microsoft.CodeAnalysis;

namespace Ovms.Generators.Diagnostics;

/// <summary>Diagnostics of the routing generator: OVMS0101 to OVMS0199.</summary>
internal static class RoutingDiagnostics
{
    public static readonly DiagnosticDescriptor ClassShape = Error(
        "OVMS0101", "Endpoint class cannot be completed", "'{0}' has routes and must be a partial, top-level, non-generic class");

    public static readonly DiagnosticDescriptor BadPattern = Error(
        "OVMS0102", "Route pattern is malformed", "Route pattern '{0}' is malformed: {1}");

    public static readonly DiagnosticDescriptor BadVerb = Error(
        "OVMS0103", "HTTP verb is malformed", "'{0}' is not an HTTP verb in upper case");

    public static readonly DiagnosticDescriptor DuplicateRoute = Error(
        "OVMS0104", "Route is declared twice", "Route {0} '{1}' takes the same paths as '{2}'");

    public static readonly DiagnosticDescriptor SignaturesDiffer = Error(
        "OVMS0105", "Endpoint signatures differ", "Endpoint '{0}' must have the same return type and parameters as '{1}'");

    public static readonly DiagnosticDescriptor GrpcSignature = Error(
        "OVMS0106", "gRPC handler signature", "gRPC handler '{0}' must be 'ValueTask {0}(GrpcCall call)'");

    public static readonly DiagnosticDescriptor DuplicateGrpcMethod = Error(
        "OVMS0107", "gRPC method is declared twice", "gRPC method '{0}' is declared twice in service '{1}'");

    public static readonly DiagnosticDescriptor BadGrpcName = Error(
        "OVMS0108", "gRPC name is malformed", "'{0}' is not a gRPC {1} name");

    public static readonly DiagnosticDescriptor RouteOutsideClass = Error(
        "OVMS0109", "Route outside an endpoint class", "'{0}' has a route, but its class has no [{1}]");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "Ovms.Routing", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
