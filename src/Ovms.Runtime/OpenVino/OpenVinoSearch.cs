namespace Ovms.Runtime.OpenVino;

/// <summary>Where to look for the OpenVINO runtime library. The defaults are this process and machine; tests give their own.</summary>
public sealed record OpenVinoSearch
{
    /// <summary>Environment variable that names the library or its folder.</summary>
    public const string PathVariable = "OVMS_OPENVINO_PATH";

    /// <summary>Library file, its folder, or the root of an OpenVINO archive, as the operator gave it; null to search.</summary>
    public string? ExplicitPath { get; init; }

    /// <summary>Folder of the program.</summary>
    public string ApplicationFolder { get; init; } = AppContext.BaseDirectory;

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Library folders of the system.</summary>
    public IReadOnlyList<string> SystemFolders { get; init; } = OperatingSystem.IsWindows() ? []
        : OperatingSystem.IsMacOS() ? ["/opt/homebrew/lib", "/usr/local/lib"]
        : ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/local/lib", "/usr/lib"];

    /// <summary>Folders that hold Python installations (<c>lib/python3.x/site-packages</c> below), besides those that the environment names.</summary>
    public IReadOnlyList<string> PythonRoots { get; init; } = OperatingSystem.IsWindows() ? [] : ["/usr/local", "/usr"];
}

/// <summary>A library that was found.</summary>
/// <param name="LibraryPath">Full path of <c>libopenvino_c</c>.</param>
/// <param name="FoundBy">What led to it, for the log.</param>
public sealed record OpenVinoLocation(string LibraryPath, string FoundBy);
