namespace Ovms.Server.Routing;

/// <summary>A parameter of a matched route: where it lies in the raw path. Positions, not a span, so that call objects can keep it.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Length">Bytes; 0 when the route was matched without the parameter.</param>
internal readonly record struct RouteSlice(int Start, int Length)
{
    /// <summary>Whether the parameter is part of the path.</summary>
    public bool IsPresent => Length > 0;

    /// <summary>The parameter's bytes, still percent-encoded.</summary>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> path) => path.Slice(Start, Length);
}
