using Ovms.Generators.Common;

namespace Ovms.Generators.Routing.Model;

/// <summary>A method that carries route attributes.</summary>
/// <param name="Name">Method name.</param>
/// <param name="IsStatic">Whether it is static.</param>
/// <param name="ReturnType">Fully qualified return type.</param>
/// <param name="Parameters">Its parameters as declared: <c>global::X call</c>.</param>
/// <param name="Arguments">The same as arguments: <c>call</c>.</param>
/// <param name="Routes">REST routes.</param>
/// <param name="GrpcName">gRPC method name, or null.</param>
internal sealed record EndpointMethod(
    string Name,
    bool IsStatic,
    string ReturnType,
    EquatableArray<string> Parameters,
    EquatableArray<string> Arguments,
    EquatableArray<RestRoute> Routes,
    string? GrpcName);

/// <summary>One <c>[RestRoute]</c>.</summary>
internal sealed record RestRoute(string Verb, string Pattern);
