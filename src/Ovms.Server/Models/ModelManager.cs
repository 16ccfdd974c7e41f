using Ovms.Server.Configuration;
using Ovms.Server.Dispatch;
using Ovms.Server.Logging;

namespace Ovms.Server.Models;

/// <summary>Loads the configured models into the registry, one after another in the order given, and takes them down at the end (M§2.7, §3.5).</summary>
internal sealed class ModelManager(ModelRegistry registry, ModelRepository repository, ModelLoader loader, Logger log)
{
    /// <summary>Loads the highest version of a model that can be loaded; versions that cannot stay in state LOADING with an error.</summary>
    /// <returns>Null when a version serves or the model has none; otherwise the status text of the last failure. One failing model stops no other.</returns>
    public string? Load(ModelSettings settings)
    {
        registry.AddModel(settings.Name);
        IReadOnlyList<ModelVersionSource> versions;
        try
        {
            versions = repository.FindVersions(settings.BasePath);
        }
        catch (ModelStatusException error)
        {
            log.Write(LogLevel.Error, $"Model: {settings.Name} cannot be loaded from {settings.BasePath}: {error.Message}");
            return error.Status;
        }

        string? status = null;
        for (var i = versions.Count - 1; i >= 0; i--)
        {
            status = Load(settings, versions[i]);
            if (status is null)
            {
                return null;
            }
        }

        return status;
    }

    /// <summary>Takes all versions out of service. Those with requests in flight end when these have ended.</summary>
    public void RetireAll()
    {
        foreach (var model in registry.Catalog.Models)
        {
            foreach (var version in model.Versions)
            {
                registry.Retire(model.Name, version.Version);
            }
        }
    }

    private string? Load(ModelSettings settings, ModelVersionSource source)
    {
        var (name, version) = (settings.Name, source.Version);
        registry.SetState(name, version, ModelVersionState.Start);
        registry.SetState(name, version, ModelVersionState.Loading);
        try
        {
            var servable = loader.Load(settings, source, () => registry.ReportDrained(name, version));
            var requests = servable.Requests.Capacity;
            var batch = BatchText(servable);
            registry.Publish(servable);
            log.Write(LogLevel.Info, $"Loaded model {name}; version: {version}; batch size: {batch}; No of InferRequests: {requests}");
            return null;
        }
        catch (ModelStatusException error)
        {
            var reason = error.Message == error.Status ? "" : $"; {error.Message}";
            log.Write(LogLevel.Error, $"Error occurred while loading model: {name}; version: {version}; error: {error.Status}{reason}");
            registry.SetState(name, version, ModelVersionState.Loading, ModelVersionStatus.LoadFailed);
            return error.Status;
        }
    }

    private static string BatchText(ServableVersion servable)
    {
        foreach (var input in servable.Signature.Inputs)
        {
            var axis = TensorLayout.BatchAxisOf(input);
            if (axis >= 0 && input.Shape.IsRankKnown && axis < input.Shape.Rank)
            {
                return input.Shape[axis].ToString();
            }
        }

        return "0";
    }
}
