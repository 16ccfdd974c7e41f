using Ovms.Server.Routing;
using Ovms.Tests.Shared;

namespace Ovms.Server.Tests.Routing;

/// <summary>Keeps <c>docs/routes.md</c> true; OVMS_UPDATE_DOCS=1 rewrites it.</summary>
public sealed class RouteCatalogTests
{
    [Fact]
    public void Markdown_IsTheContentOfTheDocument()
    {
        var path = Path.Combine(Repository.Root, "docs", "routes.md");
        if (Environment.GetEnvironmentVariable("OVMS_UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, RouteCatalog.Markdown);
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == RouteCatalog.Markdown, "docs/routes.md is stale: run this test with OVMS_UPDATE_DOCS=1");
    }
}
