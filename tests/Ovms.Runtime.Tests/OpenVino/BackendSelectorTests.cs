using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.OpenVino;

namespace Ovms.Runtime.Tests.OpenVino;

/// <summary>auto, openvino and embedded, with and without a usable library.</summary>
public sealed class BackendSelectorTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ovms-select-").FullName;

    [Fact]
    public void Select_LibraryThere_OpenVinoServesUnlessEmbeddedIsAskedFor()
    {
        var search = new OpenVinoSearch { ExplicitPath = OpenVinoRuntime.Require().Location.LibraryPath };

        foreach (var choice in (BackendChoice[])[BackendChoice.Auto, BackendChoice.OpenVino])
        {
            var selection = BackendSelector.Select(choice, search);
            Assert.Equal("openvino", selection.Backend.Name);
            Assert.Null(selection.Warning);
            Assert.Contains(OpenVinoRuntime.Release, selection.OpenVinoText, StringComparison.Ordinal);
            Assert.Contains(search.ExplicitPath, selection.OpenVinoText, StringComparison.Ordinal);
        }

        Assert.Equal("embedded", BackendSelector.Select(BackendChoice.Embedded, search).Backend.Name);
        var other = BackendSelector.Select(BackendChoice.Auto, search, "FPGA");
        Assert.Equal("embedded", other.Backend.Name);
        Assert.Contains("FPGA", other.Warning!, StringComparison.Ordinal);
    }

    [Fact]
    public void Select_NoLibrary_AutoIsEmbeddedWithoutAWarningAndOpenVinoFails()
    {
        var search = Nowhere();

        var selection = BackendSelector.Select(BackendChoice.Auto, search);

        Assert.Equal("embedded", selection.Backend.Name);
        Assert.Null(selection.Warning);
        Assert.Null(selection.Library);
        var error = Assert.Throws<OpenVinoLoadException>(() => BackendSelector.Select(BackendChoice.OpenVino, search));
        Assert.Contains(_root, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Select_NamedLibraryIsNotThere_AutoWarnsAndOpenVinoFails()
    {
        var search = Nowhere() with { ExplicitPath = Path.Combine(_root, "nothing") };

        var selection = BackendSelector.Select(BackendChoice.Auto, search);

        Assert.Equal("embedded", selection.Backend.Name);
        Assert.Contains(search.ExplicitPath, selection.Warning!, StringComparison.Ordinal);
        Assert.Throws<OpenVinoLoadException>(() => BackendSelector.Select(BackendChoice.OpenVino, search));
    }

    [Theory]
    [InlineData("auto", true, BackendChoice.Auto)]
    [InlineData("openvino", true, BackendChoice.OpenVino)]
    [InlineData("embedded", true, BackendChoice.Embedded)]
    [InlineData("OpenVINO", false, BackendChoice.Auto)]
    [InlineData("", false, BackendChoice.Auto)]
    public void TryParse_Text_IsOneOfThree(string text, bool valid, BackendChoice choice)
    {
        Assert.Equal(valid, BackendSelector.TryParse(text, out var parsed));
        Assert.Equal(choice, parsed);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private OpenVinoSearch Nowhere() => new()
    {
        ApplicationFolder = _root,
        Environment = static _ => null,
        SystemFolders = [],
        PythonRoots = [],
    };
}
