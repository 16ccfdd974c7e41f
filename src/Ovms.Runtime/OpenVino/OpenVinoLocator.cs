using System.Globalization;
using System.Runtime.InteropServices;
using Ovms.Runtime.Errors;

namespace Ovms.Runtime.OpenVino;

/// <summary>Finds <c>libopenvino_c</c> (recipe: C§13.3). What the operator names is the only candidate then: a wrong path is an error, not a
/// reason to take another library.</summary>
public static class OpenVinoLocator
{
    // Archive layouts, wheel layouts, and the folder itself.
    private static readonly string[] s_subfolders =
    [
        "", "runtime/lib/intel64", "runtime/lib/aarch64", "runtime/lib/arm64", "runtime/lib/intel64/Release", "runtime/lib/arm64/Release",
        "runtime/bin/intel64/Release", "libs", "openvino/libs",
    ];

    /// <summary>The library, or null when there is none in any usual place.</summary>
    /// <param name="search">Where to look.</param>
    /// <param name="searched">The places, for the message that nothing was found.</param>
    /// <exception cref="OpenVinoLoadException">An explicitly named place does not hold it.</exception>
    public static OpenVinoLocation? Find(OpenVinoSearch search, out IReadOnlyList<string> searched)
    {
        ArgumentNullException.ThrowIfNull(search);
        searched = [];
        if (!string.IsNullOrEmpty(search.ExplicitPath))
        {
            return Named(search.ExplicitPath, "the configured path");
        }

        if (search.Environment(OpenVinoSearch.PathVariable) is { Length: > 0 } variable)
        {
            return Named(variable, OpenVinoSearch.PathVariable);
        }

        var places = new List<string>();
        searched = places;
        foreach (var (folder, reason) in Candidates(search))
        {
            places.Add(folder);
            if (FindBelow(folder) is { } file)
            {
                return new OpenVinoLocation(file, reason);
            }
        }

        return null;
    }

    private static OpenVinoLocation Named(string path, string reason)
    {
        var full = Path.GetFullPath(path);
        var file = File.Exists(full) ? full : FindBelow(full);
        return file is not null ? new OpenVinoLocation(file, reason)
            : throw new OpenVinoLoadException($"there is no OpenVINO library at {full} ({reason}): neither {FilePattern} nor a folder with it");
    }

    private static IEnumerable<(string Folder, string Reason)> Candidates(OpenVinoSearch search)
    {
        yield return (search.ApplicationFolder, "the program's folder");
        yield return (Path.Combine(search.ApplicationFolder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"), "the program's folder");
        if (search.Environment("INTEL_OPENVINO_DIR") is { Length: > 0 } root)
        {
            yield return (root, "INTEL_OPENVINO_DIR");
        }

        var libraryPath = search.Environment(OperatingSystem.IsWindows() ? "PATH" : OperatingSystem.IsMacOS() ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH");
        foreach (var folder in (libraryPath ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            yield return (folder, "the system's library path");
        }

        foreach (var folder in search.SystemFolders)
        {
            yield return (folder, "the system's library folders");
        }

        foreach (var folder in PythonFolders(search))
        {
            yield return (folder, "a Python package");
        }
    }

    private static IEnumerable<string> PythonFolders(OpenVinoSearch search)
    {
        var roots = new List<string>();
        foreach (var variable in (ReadOnlySpan<string>)["VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME"])
        {
            if (search.Environment(variable) is { Length: > 0 } root)
            {
                roots.Add(root);
            }
        }

        if (search.Environment("HOME") is { Length: > 0 } home)
        {
            roots.Add(Path.Combine(home, ".local"));
        }

        roots.AddRange(search.PythonRoots);
        foreach (var root in roots)
        {
            // Windows: Lib/site-packages; elsewhere lib/python3.x/{site,dist}-packages.
            yield return Path.Combine(root, "Lib", "site-packages", "openvino", "libs");
            foreach (var python in Folders(Path.Combine(root, "lib"), "python3*"))
            {
                yield return Path.Combine(python, "site-packages", "openvino", "libs");
                yield return Path.Combine(python, "dist-packages", "openvino", "libs");
            }
        }
    }

    private static string? FindBelow(string folder)
    {
        foreach (var sub in s_subfolders)
        {
            if (BestFile(Path.Combine(folder, sub)) is { } file)
            {
                return file;
            }
        }

        return null;
    }

    private static string FilePattern => OperatingSystem.IsWindows() ? "openvino_c.dll" : OperatingSystem.IsMacOS() ? "libopenvino_c*.dylib" : "libopenvino_c.so*";

    // Of several releases in one folder the newest.
    private static string? BestFile(string folder)
    {
        string? best = null;
        foreach (var file in Entries(folder, FilePattern))
        {
            if (best is null || CompareVersions(Path.GetFileName(file), Path.GetFileName(best)) > 0)
            {
                best = file;
            }
        }

        return best;
    }

    // "libopenvino_c.so.2641" is 2026.4.1; the unversioned link and "libopenvino_c.so.2026.4.1" lead to one of them.
    private static int CompareVersions(string first, string second)
    {
        var order = VersionOf(first).CompareTo(VersionOf(second));
        return order != 0 ? order : string.CompareOrdinal(first, second);
    }

    private static Version VersionOf(string name)
    {
        var parts = name.Split('.', StringSplitOptions.RemoveEmptyEntries).Where(static p => p.All(char.IsAsciiDigit)).ToArray();
        if (parts is [{ Length: >= 4 and <= 6 } packed])
        {
            return new Version(2000 + Number(packed[..2]), Number(packed[2..^1]), Number(packed[^1..]));
        }

        return parts.Length >= 3 && parts.All(static p => p.Length <= 6) ? new Version(Number(parts[0]), Number(parts[1]), Number(parts[2])) : new Version(0, 0, 0);

        static int Number(string digits) => int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static string[] Entries(string folder, string pattern)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetFiles(folder, pattern) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A folder that may not be read holds no library for this process.
            return [];
        }
    }

    private static string[] Folders(string folder, string pattern)
    {
        try
        {
            var found = Directory.Exists(folder) ? Directory.GetDirectories(folder, pattern) : [];
            Array.Sort(found, StringComparer.Ordinal);
            return found;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
