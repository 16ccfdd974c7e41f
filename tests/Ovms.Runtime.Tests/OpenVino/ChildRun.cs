using System.Diagnostics;

namespace Ovms.Runtime.Tests.OpenVino;

/// <summary>Runs tests of this assembly in a process of their own: one process holds one release of OpenVINO, and a broken one must not be the
/// neighbours'.</summary>
internal static class ChildRun
{
    /// <summary>Runs what the runner's arguments choose; fails with the child's output unless all of it passed.</summary>
    public static void Expect(string release, params string[] arguments)
    {
        var name = OperatingSystem.IsWindows() ? "Ovms.Runtime.Tests.exe" : "Ovms.Runtime.Tests";
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, name)) { RedirectStandardOutput = true };
        foreach (var argument in (string[])[.. arguments, "-noColor", "-noLogo"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[OpenVinoRuntime.ReleaseVariable] = release;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        Assert.DoesNotContain("Total: 0,", output, StringComparison.Ordinal);
    }
}
