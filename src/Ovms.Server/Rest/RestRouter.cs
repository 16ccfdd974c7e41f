using System.Buffers.Text;

namespace Ovms.Server.Rest;

/// <summary>Finds the resource of a request path, byte-wise, without allocating (W§3.1).</summary>
/// <remarks>One arbitrary byte before <c>/v1</c> is tolerated, a trailing slash is not, case counts.</remarks>
internal static class RestRouter
{
    /// <summary>What a path names, whatever the verb.</summary>
    public static RestRoute Match(ReadOnlySpan<byte> path)
    {
        var start = path.StartsWith("/v1"u8) ? 0 : path.Length > 1 && path[1..].StartsWith("/v1"u8) ? 1 : -1;
        if (start < 0)
        {
            return default;
        }

        var at = start + 3;
        var rest = path[at..];
        if (rest.SequenceEqual("/config"u8))
        {
            return new RestRoute { Resource = RestResource.Config };
        }

        if (rest.SequenceEqual("/config/reload"u8))
        {
            return new RestRoute { Resource = RestResource.ConfigReload };
        }

        if (!rest.StartsWith("/models"u8))
        {
            return default;
        }

        at += "/models"u8.Length;
        var route = MatchModel(path, at, named: true);
        return route.Resource == RestResource.None ? MatchModel(path, at, named: false) : route;
    }

    /// <summary>Whether the path climbs: <c>/../</c> inside, <c>../</c> in front, <c>/..</c> at the end.</summary>
    public static bool Climbs(ReadOnlySpan<byte> path) =>
        path.IndexOf("/../"u8) >= 0 || path.StartsWith("../"u8) || path.EndsWith("/.."u8);

    // models [/NAME] [/versions/N | /labels/L] ( :VERB | /metadata | end ). Without a name only the GET resources exist.
    private static RestRoute MatchModel(ReadOnlySpan<byte> path, int at, bool named)
    {
        var route = default(RestRoute);
        if (named && at < path.Length && path[at] == '/')
        {
            var length = SegmentLength(path, at + 1);
            if (length == 0)
            {
                return default;
            }

            route.Name = (at + 1)..(at + 1 + length);
            at += 1 + length;
        }

        if (!TrySkipVersion(path, ref at, ref route))
        {
            return default;
        }

        var rest = path[at..];
        var hasName = route.Name.End.Value != 0;
        route.Resource =
            rest.IsEmpty ? RestResource.Status
            : rest.SequenceEqual("/metadata"u8) ? RestResource.Metadata
            : !hasName ? RestResource.None
            : rest.SequenceEqual(":predict"u8) ? RestResource.Predict
            : rest.SequenceEqual(":classify"u8) || rest.SequenceEqual(":regress"u8) ? RestResource.ClassifyOrRegress
            : RestResource.None;
        return route;
    }

    private static bool TrySkipVersion(ReadOnlySpan<byte> path, ref int at, ref RestRoute route)
    {
        var rest = path[at..];
        if (rest.StartsWith("/versions/"u8))
        {
            var first = at + "/versions/"u8.Length;
            var length = SegmentLength(path, first);
            var digits = path.Slice(first, length);
            if (length == 0 || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                return false;
            }

            route.VersionTooLarge = !Utf8Parser.TryParse(digits, out long version, out var used) || used != length;
            route.Version = version;
            at = first + length;
        }
        else if (rest.StartsWith("/labels/"u8))
        {
            // Labels are accepted and ignored: the default version answers.
            var first = at + "/labels/"u8.Length;
            var length = SegmentLength(path, first);
            at = first + length;
            return length != 0;
        }

        return true;
    }

    private static int SegmentLength(ReadOnlySpan<byte> path, int start)
    {
        var rest = path[start..];
        var end = rest.IndexOfAny((byte)'/', (byte)':');
        return end < 0 ? rest.Length : end;
    }
}
