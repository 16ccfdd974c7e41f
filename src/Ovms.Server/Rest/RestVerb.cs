namespace Ovms.Server.Rest;

/// <summary>HTTP verbs as far as the API tells them apart.</summary>
internal enum RestVerb
{
    /// <summary>PUT, DELETE, PATCH and unknown verbs: refused on every path (W§3.1).</summary>
    Other = 0,
    Get,
    Head,
    Post,
    Options,
}
