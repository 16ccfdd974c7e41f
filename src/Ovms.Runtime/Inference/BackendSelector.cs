using Ovms.Runtime.Embedded;
using Ovms.Runtime.Errors;
using Ovms.Runtime.OpenVino;

namespace Ovms.Runtime.Inference;

/// <summary>Chooses the execution provider at start. What it chose serves every model: a model that OpenVINO refuses is not tried elsewhere.</summary>
public static class BackendSelector
{
    /// <summary>Reads <c>auto</c>, <c>openvino</c> or <c>embedded</c>.</summary>
    public static bool TryParse(string text, out BackendChoice choice)
    {
        choice = text switch
        {
            "openvino" => BackendChoice.OpenVino,
            "embedded" => BackendChoice.Embedded,
            _ => BackendChoice.Auto,
        };
        return text is "auto" or "openvino" or "embedded";
    }

    /// <summary>Finds, loads and checks the library as far as the choice asks for it.</summary>
    /// <param name="choice">What the operator wants.</param>
    /// <param name="search">Where to look for OpenVINO.</param>
    /// <param name="device">Device that has to be there.</param>
    /// <exception cref="OpenVinoLoadException">OpenVINO is demanded and not usable.</exception>
    public static BackendSelection Select(BackendChoice choice, OpenVinoSearch search, string device = "CPU")
    {
        if (choice == BackendChoice.Embedded)
        {
            return new BackendSelection(new EmbeddedBackend(), null, "none (not asked for)", null);
        }

        string reason;
        try
        {
            if (OpenVinoLibrary.TryLoad(search, out var searched) is { } library)
            {
                library.CheckDevice(device);
                return new BackendSelection(
                    new OpenVinoBackend(library), library, $"{library.BuildNumber} ({library.Location.LibraryPath}, found by {library.Location.FoundBy})", null);
            }

            if (choice == BackendChoice.Auto)
            {
                return new BackendSelection(new EmbeddedBackend(), null, "none (not found)", null);
            }

            reason = "the OpenVINO library was not found in: " + string.Join(", ", searched);
        }
        catch (OpenVinoLoadException exception) when (choice == BackendChoice.Auto)
        {
            return new BackendSelection(new EmbeddedBackend(), null, "none (not usable)", exception.Message);
        }

        throw new OpenVinoLoadException(reason);
    }
}

/// <summary>The chosen backend and what the log says about it.</summary>
/// <param name="Backend">It.</param>
/// <param name="Library">OpenVINO's library when it serves.</param>
/// <param name="OpenVinoText">Release, file and what led to it; or why there is none. One line.</param>
/// <param name="Warning">Why OpenVINO was found and is not used; null when there is nothing to warn of.</param>
public sealed record BackendSelection(IInferenceBackend Backend, OpenVinoLibrary? Library, string OpenVinoText, string? Warning);
