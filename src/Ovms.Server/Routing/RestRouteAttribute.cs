namespace Ovms.Server.Routing;

/// <summary>Makes a method the endpoint of a verb and a path pattern. The generator completes the (partial) class with <c>Route</c>,
/// <c>RouteValues</c>, <c>Match</c> and <c>Dispatch</c>.</summary>
/// <param name="verb">HTTP method in upper case: <c>GET</c>.</param>
/// <param name="pattern">Path pattern, matched completely, case-sensitively, against the raw (still percent-encoded) path without its query:
/// <list type="bullet">
/// <item>text stands for itself;</item>
/// <item><c>{name}</c> is one or more bytes other than <c>/</c> and <c>:</c>; <c>{name:segment}</c> other than <c>/</c>;
/// <c>{name:digits}</c> decimal digits; <c>{name:word}</c> ASCII letters, digits and <c>_</c>;</item>
/// <item><c>[…]</c> is optional; where both ways match, the way with the part present wins;</item>
/// <item>a leading <c>?</c> tolerates one arbitrary byte before the path (W§3.1).</item>
/// </list></param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class RestRouteAttribute(string verb, string pattern) : Attribute
{
    /// <summary>HTTP method.</summary>
    public string Verb { get; } = verb;

    /// <summary>Path pattern.</summary>
    public string Pattern { get; } = pattern;
}
