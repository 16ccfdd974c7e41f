using System.Runtime.InteropServices;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Native;

namespace Ovms.Runtime.OpenVino;

/// <summary>The OpenVINO runtime of this process: one release, loaded once, never unloaded (C§13.3), with its one core.</summary>
public sealed class OpenVinoLibrary
{
    // The smallest IR: shows that the core finds its front end.
    private const string ProbeModel = """
        <net name="probe" version="11"><layers>
        <layer id="0" name="a" type="Parameter" version="opset1"><data shape="1" element_type="f32"/><output><port id="0" precision="FP32" names="a"><dim>1</dim></port></output></layer>
        <layer id="1" name="b" type="Result" version="opset1"><input><port id="0" precision="FP32"><dim>1</dim></port></input></layer>
        </layers><edges><edge from-layer="0" from-port="0" to-layer="1" to-port="0"/></edges></net>
        """;

    private static readonly Lock s_gate = new();
    private static OpenVinoLibrary? s_loaded;

    private OpenVinoLibrary(OpenVinoLocation location, string buildNumber, OvApi api, OvCoreHandle core)
    {
        (Location, BuildNumber, Api, Core) = (location, buildNumber, api, core);
        Devices = api.AvailableDevices(core);
    }

    /// <summary>Which file, and what led to it.</summary>
    public OpenVinoLocation Location { get; }

    /// <summary>Release and build, such as <c>2026.4.1-21234-abcdef-releases/2026/4</c>.</summary>
    public string BuildNumber { get; }

    /// <summary>Release, such as <c>2026.4.1</c>.</summary>
    public string Release => BuildNumber.Split('-')[0];

    /// <summary>Devices found at load: <c>CPU</c>, <c>GPU.0</c>.</summary>
    public IReadOnlyList<string> Devices { get; }

    /// <summary>Series of element type numbers that the release uses: A, B or C (C§4.2).</summary>
    public char ElementTypeTable => Api.Types.Table;

    internal OvApi Api { get; }

    internal OvCoreHandle Core { get; }

    /// <summary>Finds and loads the library, or returns null when none is in any usual place.</summary>
    /// <exception cref="OpenVinoLoadException">It was found, or named, and cannot be used.</exception>
    public static OpenVinoLibrary? TryLoad(OpenVinoSearch search, out IReadOnlyList<string> searched) =>
        OpenVinoLocator.Find(search, out searched) is { } location ? Load(location) : null;

    /// <summary>Loads a library. The same file again gives the same object.</summary>
    /// <exception cref="OpenVinoLoadException">It cannot be used, or another one is loaded already.</exception>
    public static OpenVinoLibrary Load(OpenVinoLocation location)
    {
        ArgumentNullException.ThrowIfNull(location);
        lock (s_gate)
        {
            if (s_loaded is null)
            {
                s_loaded = Open(location);
            }
            else if (Path.GetFullPath(location.LibraryPath) != Path.GetFullPath(s_loaded.Location.LibraryPath))
            {
                throw new OpenVinoLoadException(
                    $"{location.LibraryPath} cannot be loaded: this process already uses {s_loaded.Location.LibraryPath}, and two releases in one process break each other");
            }

            return s_loaded;
        }
    }

    /// <summary>Loads the plugin of every device that <paramref name="device"/> names (<c>CPU</c>, <c>AUTO:GPU,CPU</c>).</summary>
    /// <exception cref="OpenVinoLoadException">One is missing or cannot be loaded.</exception>
    public void CheckDevice(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        try
        {
            foreach (var name in device.Split([':', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                // A batch size in brackets or a device number is not part of the plugin's name.
                Api.DeviceVersion(Core, name.Split('(')[0]);
            }
        }
        catch (OvException exception)
        {
            throw new OpenVinoLoadException(
                $"OpenVINO {Release} in {Path.GetDirectoryName(Location.LibraryPath)} has no usable device {device}: {exception.Message}", exception);
        }
    }

    /// <summary>Loads a library of operations of the user's own (<c>--cpu_extension</c>).</summary>
    /// <exception cref="OpenVinoLoadException">It cannot be loaded.</exception>
    public void AddExtension(string path)
    {
        try
        {
            Api.AddExtension(Core, path);
        }
        catch (OvException exception)
        {
            throw new OpenVinoLoadException($"the extension {path} cannot be loaded: {exception.Message}", exception);
        }
    }

    private static OpenVinoLibrary Open(OpenVinoLocation location)
    {
        var path = Path.GetFullPath(location.LibraryPath);
        Preload(Path.GetDirectoryName(path)!);
        nint library;
        try
        {
            library = NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw new OpenVinoLoadException(
                $"{path} (found by {location.FoundBy}) cannot be loaded on {RuntimeInformation.OSArchitecture}: {exception.Message.ReplaceLineEndings(" ").Trim()}", exception);
        }

        OvCoreHandle? core = null;
        try
        {
            var api = new OvApi(new OvFunctions(library, path));
            var build = api.ReadBuildNumber();
            core = api.CreateCore();
            api.ReadModelText(core, System.Text.Encoding.UTF8.GetBytes(ProbeModel)).Dispose();
            return new OpenVinoLibrary(location with { LibraryPath = path }, build, api, core);
        }
        catch (OvException exception)
        {
            core?.Dispose();
            throw new OpenVinoLoadException(
                $"{path} (found by {location.FoundBy}) was loaded but does not work; are all files of the release in its folder? {exception.Message}", exception);
        }
    }

    // Where the folder is not on the loader's path its libraries are opened in the order of their dependence (C§13.3). What is not there is not
    // needed or is named by the error of the library itself.
    private static void Preload(string folder)
    {
        string[] names = OperatingSystem.IsWindows() ? ["tbb12.dll", "openvino.dll"] : OperatingSystem.IsMacOS() ? ["libtbb.12.dylib"] : ["libtbb.so.12"];
        string[] folders = [folder, Path.Combine(folder, "../../../3rdparty/tbb/lib"), Path.Combine(folder, "../../../../3rdparty/tbb/bin")];
        foreach (var name in names)
        {
            foreach (var place in folders)
            {
                var file = Path.GetFullPath(Path.Combine(place, name));
                if (File.Exists(file) && NativeLibrary.TryLoad(file, out _))
                {
                    break;
                }
            }
        }
    }
}
