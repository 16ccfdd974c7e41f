namespace Ovms.Server.Routing;

/// <summary>Makes a partial class a set of REST endpoints: its methods carry <see cref="RestRouteAttribute"/> and share one signature. The
/// generator adds the enumeration <c>Route</c>, the structure <c>RouteValues</c>, the matcher <c>Match</c> and <c>Dispatch</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RestEndpointsAttribute : Attribute;
