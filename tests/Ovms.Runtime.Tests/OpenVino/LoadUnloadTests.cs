using System.Globalization;

namespace Ovms.Runtime.Tests.OpenVino;

/// <summary>Memory over many loads, read from the size of the process.</summary>
public class LoadUnloadTests
{
    /// <summary>More cycles than the suite takes, for a measurement by hand.</summary>
    private static int Cycles => Environment.GetEnvironmentVariable("OVMS_TEST_CYCLES") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 60;

    [Fact]
    public void Dispose_LoadUnloadCycles_KeepNativeMemoryLevel()
    {
        if (Environment.GetEnvironmentVariable(OpenVinoRuntime.ReleaseVariable) is not { Length: > 0 })
        {
            // In a process of its own: what the suite frees and allocates meanwhile would be measured too.
            OpenVinoRuntime.Folder(OpenVinoRuntime.Newest);
            ChildRun.Expect(OpenVinoRuntime.Newest, "-class", typeof(LoadUnloadTests).FullName!);
            return;
        }

        // A leaked request costs about 100 KB, a leaked model more, in every window; the allocators' own growth comes once. The managed heap is
        // left out: it grows to its budget in between.
        Run(20);
        var least = double.MaxValue;
        for (var window = 0; window < 3 && least >= 30; window++)
        {
            var before = NativeKilobytes();
            Run(Cycles);
            least = Math.Min(least, (NativeKilobytes() - before) / Cycles);
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{least:F1} KB of native memory a cycle over {Cycles} cycles"));
        }

        Assert.True(least < 30, $"{least:F1} KB a cycle");
    }

    private static void Run(int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var model = OpenVinoRequestTests.Load("dynamic");
            using var request = model.CreateRequest();
            OpenVinoRequestTests.Loop(model, request, 1);
        }
    }

    private static double NativeKilobytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("RssAnon:", StringComparison.Ordinal))
            {
                var resident = long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
                return resident - (GC.GetGCMemoryInfo().TotalCommittedBytes / 1024.0);
            }
        }

        return 0;
    }
}
