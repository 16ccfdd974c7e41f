namespace Ovms.Server.Rest;

/// <summary>A matched path: the resource and where its parameters lie.</summary>
internal struct RestRoute
{
    /// <summary>The resource; <see cref="RestResource.None"/> when no pattern matches.</summary>
    public RestResource Resource { get; set; }

    /// <summary>The model name's bytes in the path, percent-encoded; empty when the path has none.</summary>
    public Range Name { get; set; }

    /// <summary>Version asked for, 0 for the default one.</summary>
    public long Version { get; set; }

    /// <summary>The version does not fit into 63 bits: no such version exists.</summary>
    public bool VersionTooLarge { get; set; }
}

/// <summary>Resources of the REST port.</summary>
internal enum RestResource
{
    None = 0,
    Predict,
    ClassifyOrRegress,
    Status,
    Metadata,
    Config,
    ConfigReload,
}
