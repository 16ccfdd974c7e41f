using System.Diagnostics;
using Ovms.Runtime.OpenVino;
using Ovms.Tests.Shared;

namespace Ovms.Runtime.Tests.OpenVino;

/// <summary>The real library for tests: unpacked once, loaded once per process, because one process holds one release.</summary>
internal static class OpenVinoRuntime
{
    /// <summary>Names the release that this process tests; the newest by default. The suite starts itself with the older one.</summary>
    public const string ReleaseVariable = "OVMS_TEST_OPENVINO_RELEASE";

    public const string Newest = "2026.4.1";

    public const string Older = "2024.6.0";

    private static readonly Lock s_gate = new();

    /// <summary>Release under test.</summary>
    public static string Release => Environment.GetEnvironmentVariable(ReleaseVariable) is { Length: > 0 } release ? release : Newest;

    public static bool IsNewest => Release == Newest;

    /// <summary>The loaded library, or the running test is skipped saying why.</summary>
    public static OpenVinoLibrary Require() =>
        OpenVinoLibrary.Load(new OpenVinoLocation(OpenVinoLocator.Find(new OpenVinoSearch { ExplicitPath = Folder(Release) }, out _)!.LibraryPath, "the tests"));

    public static OpenVinoBackend Backend() => new(Require());

    /// <summary>Folder of a release.</summary>
    public static string Folder(string release)
    {
        // Unpacking asks for nothing but a cache folder; who has the library elsewhere names it.
        if (release == Newest && Environment.GetEnvironmentVariable(OpenVinoSearch.PathVariable) is { Length: > 0 } named)
        {
            return named;
        }

        var script = Repository.RequireShared("openvino", "unpack.sh");
        Prerequisite.Require(OperatingSystem.IsLinux(), "Linux x64, for which the library of the tests was built");
        lock (s_gate)
        {
            using var process = Process.Start(new ProcessStartInfo(script, release) { RedirectStandardOutput = true })!;
            var folder = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
            return folder;
        }
    }
}
