using Ovms.Server.FunctionalTests.Foreign;
using Ovms.Tests.Shared;

namespace Ovms.Server.FunctionalTests;

/// <summary>The allocation gate of <c>perf/Ovms.LoadTest</c>: managed bytes per steady request, less those of Kestrel under a null handler.</summary>
public sealed class AllocationTests
{
    [Fact]
    public async Task SteadyRequest_OnEveryProtocol_AllocatesNothing()
    {
        // A process of its own: the other tests of this one allocate.
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var gate = Path.Combine(own.Parent!.Parent!.FullName, "Ovms.LoadTest", own.Name, "Ovms.LoadTest.dll");

        var table = await ForeignTool.RunAsync(ServerProcess.DotnetHost(), gate, "allocations");

        Assert.DoesNotContain("ALLOCATES", table, StringComparison.Ordinal);
        Assert.Contains("0 of ours", table, StringComparison.Ordinal);
    }
}
