using System.Globalization;
using Ovms.Runtime.Inference;
using Ovms.Server.Configuration;
using Ovms.Server.Logging;

namespace Ovms.Server.Models;

/// <summary>Finds the versions below a base path and the model file of each (M§3.1 – §3.3).</summary>
/// <param name="log">Told of what is odd.</param>
/// <param name="backend">Says which files it reads; null for IR only.</param>
internal sealed class ModelRepository(Logger log, IInferenceBackend? backend = null)
{
    // Formats whose files are known, in the order in which a folder is searched (M§3.2).
    private static readonly (string Extension, string Format)[] s_otherFormats =
    [
        (".onnx", "ONNX"), (".pdmodel", "PaddlePaddle"), (".pb", "TensorFlow"), (".tflite", "TensorFlow Lite"),
    ];

    /// <summary>Versions below a base path with their folder or file, ascending. None is not an error: the model is known without versions.</summary>
    /// <exception cref="ModelStatusException">The path is not there or not allowed.</exception>
    public IReadOnlyList<ModelVersionSource> FindVersions(string basePath)
    {
        if (ConfigPaths.Escapes(basePath))
        {
            log.Write(LogLevel.Error, $"Path {basePath} escape with .. is forbidden.");
            throw new ModelStatusException(ModelStatusException.PathInvalid);
        }

        if (File.Exists(basePath))
        {
            return [new ModelVersionSource(1, basePath)];
        }

        if (!Directory.Exists(basePath))
        {
            log.Write(LogLevel.Error, $"Directory does not exist: {basePath}");
            throw new ModelStatusException(ModelStatusException.PathInvalid);
        }

        var versions = ListVersionFolders(basePath);
        if (versions.Count > 0)
        {
            return versions;
        }

        // A folder that itself holds a model is a frequent mistake with one meaning only: version 1.
        if (ModelFiles(basePath).Any())
        {
            log.Write(LogLevel.Info, $"Model files lie directly in {basePath}: served as version 1");
            return [new ModelVersionSource(1, basePath)];
        }

        log.Write(LogLevel.Warning, $"No version found for model in path: {basePath}");
        log.Write(LogLevel.Warning, $"Expected {Path.Combine(basePath, "<version>", "<model>.xml")} with its .bin, where <version> is a number above 0");
        return [];
    }

    /// <summary>The model file of a version: the file itself, or the one in its folder.</summary>
    /// <exception cref="ModelStatusException">There is none, or it has a format that no backend here reads.</exception>
    public string FindModelFile(string modelName, ModelVersionSource source)
    {
        if (File.Exists(source.Path))
        {
            return CheckSingleFile(source.Path);
        }

        if (!Directory.Exists(source.Path))
        {
            throw new ModelStatusException(ModelStatusException.PathInvalid, $"Missing model directory {source.Path}");
        }

        var files = ModelFiles(source.Path).ToList();
        var xml = files.Find(static f => f.EndsWith(".xml", StringComparison.Ordinal));
        if (xml is not null)
        {
            return xml;
        }

        foreach (var (extension, format) in s_otherFormats)
        {
            if (files.Find(f => f.EndsWith(extension, StringComparison.Ordinal)) is { } other)
            {
                return Readable(format, other);
            }
        }

        throw new ModelStatusException(
            ModelStatusException.FileInvalid,
            $"Could not find file for model: {modelName} version: {source.Version.ToString(CultureInfo.InvariantCulture)} in path: {source.Path}");
    }

    private string CheckSingleFile(string path)
    {
        var extension = Path.GetExtension(path);
        if (extension == ".xml")
        {
            return File.Exists(Path.ChangeExtension(path, ".bin"))
                ? path
                : throw new ModelStatusException(ModelStatusException.FileInvalid, $"{path} has no .bin of the same name beside it");
        }

        foreach (var (known, format) in s_otherFormats)
        {
            if (extension == known)
            {
                return Readable(format, path);
            }
        }

        throw new ModelStatusException(ModelStatusException.FileInvalid, "Error loading model. Invalid model file.");
    }

    private string Readable(string format, string path) => backend?.CanRead(path) == true
        ? path
        : throw new ModelStatusException(ModelStatusException.ModelNotLoaded, $"{format} models are not supported by the {backend?.Name ?? "embedded"} backend: {path}");

    // In ordinal order, so that the choice among several does not depend on the file system. An .xml counts when its .bin is there.
    private static IEnumerable<string> ModelFiles(string folder)
    {
        var files = Directory.GetFiles(folder);
        Array.Sort(files, StringComparer.Ordinal);
        return files.Where(f => (f.EndsWith(".xml", StringComparison.Ordinal) && File.Exists(Path.ChangeExtension(f, ".bin")))
            || Array.Exists(s_otherFormats, o => f.EndsWith(o.Extension, StringComparison.Ordinal)));
    }

    private List<ModelVersionSource> ListVersionFolders(string basePath)
    {
        var versions = new List<ModelVersionSource>();
        string[] folders;
        try
        {
            folders = Directory.GetDirectories(basePath);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log.Write(LogLevel.Error, $"Couldn't check directory: {basePath}");
            throw new ModelStatusException(ModelStatusException.PathInvalid, error.Message, error);
        }

        foreach (var folder in folders)
        {
            var name = Path.GetFileName(folder);
            if (!IsNumber(name))
            {
                log.Write(LogLevel.Warning, $"Expected version directory name to be in number format. Got: {name}");
            }
            else if (!long.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var version))
            {
                log.Write(LogLevel.Error, $"Directory name is out of range for supported version format. Got: {name}");
            }
            else if (version <= 0 || name[0] == '0')
            {
                log.Write(LogLevel.Warning, $"Expected version directory name to be a number greater than 0. Got: {name}");
            }
            else
            {
                versions.Add(new ModelVersionSource(version, folder));
            }
        }

        versions.Sort(static (a, b) => a.Version.CompareTo(b.Version));
        return versions;
    }

    private static bool IsNumber(string name)
    {
        var digits = name.StartsWith('-') ? name.AsSpan(1) : name;
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9');
    }
}

/// <summary>Where one version lies.</summary>
/// <param name="Version">Number, &gt; 0.</param>
/// <param name="Path">Folder or model file.</param>
internal readonly record struct ModelVersionSource(long Version, string Path);
