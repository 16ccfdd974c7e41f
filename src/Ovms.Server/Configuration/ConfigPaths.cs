namespace Ovms.Server.Configuration;

/// <summary>Rules for paths that come from outside (M§2.5).</summary>
internal static class ConfigPaths
{
    /// <summary>Whether the path climbs: a leading <c>../</c>, a trailing <c>/..</c> or a <c>/../</c> between. Names such as
    /// <c>..data</c> (Kubernetes ConfigMaps) do not.</summary>
    public static bool Escapes(string path)
    {
        var clean = path.Replace('\\', '/');
        return clean == ".." || clean.StartsWith("../", StringComparison.Ordinal) || clean.EndsWith("/..", StringComparison.Ordinal)
            || clean.Contains("/../", StringComparison.Ordinal);
    }

    /// <summary>A path relative to the folder of the configuration file.</summary>
    public static string Resolve(string configPath, string path) =>
        Path.IsPathRooted(path) ? path : Path.Combine(Path.GetDirectoryName(configPath) ?? "", path);
}
