using System.Runtime.CompilerServices;

namespace Ovms.Tests.Shared;

/// <summary>Where the checkout and the shared test data lie on this machine.</summary>
internal static class Repository
{
    /// <summary>Root folder of the checkout (the folder of <c>ovms.slnx</c>).</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder <c>shared</c> beside the checkout (models, conformance cases, specs), or null where it is not there.</summary>
    public static string? SharedData { get; } = FindShared();

    /// <summary>Returns a path below the shared data, or skips the running test saying why.</summary>
    public static string RequireShared(params string[] parts)
    {
        Prerequisite.Require(SharedData is not null, "the shared test data (../shared beside the checkout)");
        var path = Path.Combine([SharedData!, .. parts]);
        Prerequisite.Require(Path.Exists(path), path);
        return path;
    }

    private static string FindRoot([CallerFilePath] string thisFile = "")
    {
        for (var folder = new FileInfo(thisFile).Directory; folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ovms.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("ovms.slnx was not found above " + thisFile);
    }

    private static string? FindShared()
    {
        var path = Environment.GetEnvironmentVariable("OVMS_SHARED_DATA") ?? Path.Combine(Root, "..", "shared");
        return Directory.Exists(path) ? Path.GetFullPath(path) : null;
    }
}
