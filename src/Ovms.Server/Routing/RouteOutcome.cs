namespace Ovms.Server.Routing;

/// <summary>What a generated REST matcher found.</summary>
internal enum RouteOutcome
{
    /// <summary>No pattern has this path.</summary>
    NoSuchPath = 0,

    /// <summary>The path is known, with other verbs.</summary>
    WrongVerb,

    /// <summary>An endpoint takes it.</summary>
    Matched,
}
