namespace Ovms.Server.Routing;

/// <summary>Makes a method <c>ValueTask M(GrpcCall)</c> of a <see cref="GrpcServiceAttribute"/> class the handler of an RPC.</summary>
/// <param name="name">Method name on the wire: <c>Predict</c>.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GrpcMethodAttribute(string name) : Attribute
{
    /// <summary>Method name on the wire.</summary>
    public string Name { get; } = name;
}
