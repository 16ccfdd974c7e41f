using Ovms.Runtime.Errors;
using Ovms.Runtime.OpenVino;
using Ovms.Tests.Shared;

namespace Ovms.Runtime.Tests.OpenVino;

/// <summary>Finding and loading the library, and what is said when it is not usable.</summary>
public sealed class OpenVinoLoadTests : IDisposable
{
    private const string Broken = "broken";
    private readonly string _root = Directory.CreateTempSubdirectory("ovms-openvino-").FullName;

    [Fact]
    public void Find_NothingInAnyPlace_GivesNullAndThePlaces()
    {
        Assert.Null(OpenVinoLocator.Find(Search(), out var searched));
        Assert.Contains(Path.Combine(_root, "app"), searched);
        Assert.Contains(Path.Combine(_root, "usr-lib"), searched);
    }

    [Theory]
    [InlineData("app", "the program's folder")]
    [InlineData("intel/runtime/lib/intel64", "INTEL_OPENVINO_DIR")]
    [InlineData("path", "the system's library path")]
    [InlineData("usr-lib", "the system's library folders")]
    [InlineData("venv/lib/python3.12/site-packages/openvino/libs", "a Python package")]
    [InlineData("usr/lib/python3/dist-packages/openvino/libs", "a Python package")]
    public void Find_LibraryInAUsualPlace_IsFoundAndSaysWhere(string folder, string reason)
    {
        var file = Touch(folder, "libopenvino_c.so.2641");

        var location = OpenVinoLocator.Find(Search(), out _);

        Assert.NotNull(location);
        Assert.Equal(file, Path.GetFullPath(location.LibraryPath));
        Assert.Equal(reason, location.FoundBy);
    }

    [Fact]
    public void Find_SeveralReleasesInOneFolder_TakesTheNewest()
    {
        Touch("usr-lib", "libopenvino_c.so.2460");
        Touch("usr-lib", "libopenvino_c.so");
        Touch("usr-lib", "libopenvino_c.so.2025.1.0");
        var newest = Touch("usr-lib", "libopenvino_c.so.2641");

        Assert.Equal(newest, OpenVinoLocator.Find(Search(), out _)!.LibraryPath);
    }

    [Fact]
    public void Find_ExplicitPath_IsTheOnlyCandidate()
    {
        Touch("app", "libopenvino_c.so.2641");
        var file = Touch("mine/runtime/lib/intel64", "libopenvino_c.so.2460");

        Assert.Equal(file, OpenVinoLocator.Find(Search() with { ExplicitPath = file }, out _)!.LibraryPath);
        Assert.Equal(file, Path.GetFullPath(OpenVinoLocator.Find(Search() with { ExplicitPath = Path.Combine(_root, "mine") }, out _)!.LibraryPath));
        var error = Assert.Throws<OpenVinoLoadException>(() => OpenVinoLocator.Find(Search() with { ExplicitPath = Path.Combine(_root, "nowhere") }, out _));
        Assert.Contains(Path.Combine(_root, "nowhere"), error.Message, StringComparison.Ordinal);
        Assert.Contains("the configured path", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_RealLibrary_SaysReleaseDevicesAndElementTypes()
    {
        var library = OpenVinoRuntime.Require();

        Assert.Equal(OpenVinoRuntime.Release, library.Release);
        Assert.Contains("CPU", library.Devices);
        Assert.Equal(OpenVinoRuntime.IsNewest ? 'C' : 'B', library.ElementTypeTable);
        library.CheckDevice("CPU");
        Assert.Contains("FPGA", Assert.Throws<OpenVinoLoadException>(() => library.CheckDevice("FPGA")).Message, StringComparison.Ordinal);
        Assert.Throws<OpenVinoLoadException>(() => library.AddExtension(Path.Combine(_root, "nothing.so")));
        Assert.Same(library, OpenVinoRuntime.Require());
        Assert.Contains("already uses", Assert.Throws<OpenVinoLoadException>(() => OpenVinoLibrary.Load(new OpenVinoLocation(Touch("x", "libopenvino_c.so.1"), "a test"))).Message, StringComparison.Ordinal);
    }

    /// <summary>Runs itself in a process that has no library yet; there folders are completed step by step.</summary>
    [Fact]
    public void Load_BrokenInstallations_NamesFileAndCause()
    {
        if (Environment.GetEnvironmentVariable(OpenVinoRuntime.ReleaseVariable) != Broken)
        {
            OpenVinoRuntime.Folder(OpenVinoRuntime.Newest);
            ChildRun.Expect(Broken, "-method", "*." + nameof(Load_BrokenInstallations_NamesFileAndCause));
            return;
        }

        var real = OpenVinoRuntime.Folder(OpenVinoRuntime.Newest);
        var folder = Directory.CreateDirectory(Path.Combine(_root, "broken")).FullName;
        var file = Path.Combine(folder, "libopenvino_c.so.2641");

        // A text file.
        File.WriteAllText(file, "not a library");
        Fails(file, "cannot be loaded");

        // A library of another processor: the machine field of the ELF header says AArch64.
        var bytes = File.ReadAllBytes(Path.Combine(real, "libopenvino_c.so.2641"));
        (bytes[18], bytes[19]) = (0xB7, 0);
        File.WriteAllBytes(file, bytes);
        Fails(file, "cannot be loaded");

        // The C library alone.
        File.Delete(file);
        Copy("libopenvino_c.so.2641");
        Fails(file, "libopenvino.so.2641");

        // Without front ends.
        Copy("libopenvino.so.2641", "libtbb.so.12", "libtbbmalloc.so.2", "libtbbbind_2_5.so.3", "libhwloc.so.15");
        Fails(file, "are all files of the release in its folder?");

        // With a plugin that is no library.
        Copy("libopenvino_ir_frontend.so.2641");
        File.WriteAllText(Path.Combine(folder, "libopenvino_intel_cpu_plugin.so"), "not a library");
        var library = OpenVinoLibrary.Load(new OpenVinoLocation(file, "a test"));
        var error = Assert.Throws<OpenVinoLoadException>(() => library.CheckDevice("CPU"));
        Assert.Contains("libopenvino_intel_cpu_plugin.so", error.Message, StringComparison.Ordinal);

        void Copy(params string[] names)
        {
            foreach (var name in names)
            {
                File.Copy(Path.Combine(real, name), Path.Combine(folder, name));
            }
        }
    }

    [Fact]
    public void Suite_OlderRelease_PassesInItsOwnProcess()
    {
        if (OpenVinoRuntime.IsNewest)
        {
            OpenVinoRuntime.Folder(OpenVinoRuntime.Older);
            ChildRun.Expect(OpenVinoRuntime.Older, "-class", typeof(OpenVinoModelsTests).FullName!, "-class", typeof(OpenVinoRequestTests).FullName!);
        }
        else
        {
            Assert.Equal(OpenVinoRuntime.Older, OpenVinoRuntime.Require().Release);
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static void Fails(string file, string text)
    {
        var error = Assert.Throws<OpenVinoLoadException>(() => OpenVinoLibrary.Load(new OpenVinoLocation(file, "a test")));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    private OpenVinoSearch Search() => new()
    {
        ApplicationFolder = Path.Combine(_root, "app"),
        Environment = name => name switch
        {
            "INTEL_OPENVINO_DIR" => Path.Combine(_root, "intel"),
            "LD_LIBRARY_PATH" => Path.Combine(_root, "path"),
            "VIRTUAL_ENV" => Path.Combine(_root, "venv"),
            _ => null,
        },
        SystemFolders = [Path.Combine(_root, "usr-lib")],
        PythonRoots = [Path.Combine(_root, "usr")],
    };

    private string Touch(string folder, string name)
    {
        Prerequisite.Require(OperatingSystem.IsLinux(), "Linux, whose file names this test uses");
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(_root, folder)).FullName, name);
        File.WriteAllBytes(file, []);
        return file;
    }
}
