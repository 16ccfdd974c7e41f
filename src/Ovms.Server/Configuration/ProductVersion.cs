using System.Reflection;

namespace Ovms.Server.Configuration;

/// <summary>Version of this build.</summary>
internal static class ProductVersion
{
    /// <summary>Version as <c>major.minor.patch</c>.</summary>
    public static string Text { get; } = typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
        .InformationalVersion.Split('+')[0] ?? "unknown";
}
