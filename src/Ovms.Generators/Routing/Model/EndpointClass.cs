using Ovms.Generators.Common;

namespace Ovms.Generators.Routing.Model;

/// <summary>A class with routes: everything the emitter needs, and nothing of the compilation.</summary>
/// <param name="Namespace">Namespace, or empty.</param>
/// <param name="Name">Class name.</param>
/// <param name="GrpcService">gRPC service name; null for a class of REST endpoints.</param>
/// <param name="Methods">Methods with routes, in source order.</param>
internal sealed record EndpointClass(string Namespace, string Name, string? GrpcService, EquatableArray<EndpointMethod> Methods)
{
    /// <summary>Namespace and name.</summary>
    public string FullName => Namespace.Length == 0 ? Name : Namespace + "." + Name;
}
