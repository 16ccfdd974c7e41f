using System.Text;
using Ovms.Server.Logging;

namespace Ovms.Server.Dispatch;

/// <summary>Which models and versions exist and in which state. Requests read one pointer; changes replace it (M§3.6, §3.7).</summary>
internal sealed class ModelRegistry
{
    private readonly Lock _gate = new();
    private readonly Logger _log;
    private ModelCatalog _catalog = ModelCatalog.Empty;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>An empty registry.</summary>
    /// <param name="log">Told of every change of state.</param>
    public ModelRegistry(Logger? log = null)
    {
        _log = log ?? Logger.None;
    }

    /// <summary>The models now.</summary>
    public ModelCatalog Catalog => Volatile.Read(ref _catalog);

    /// <summary>Ends at the next change after the moment it was read.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>Makes a model known; it may have no version (M§4: then it answers with an empty list).</summary>
    public void AddModel(string name)
    {
        lock (_gate)
        {
            if (_catalog.Find(Encoding.UTF8.GetBytes(name)) is null)
            {
                Volatile.Write(ref _catalog, _catalog.With(new ModelEntry(name, [])));
            }
        }
    }

    /// <summary>Sets a version that cannot be leased: START, LOADING, also after a failure, UNLOADING or END.</summary>
    public void SetState(string name, long version, ModelVersionState state, int errorCode = 0) =>
        Replace(name, new VersionEntry(version, state, errorCode, null));

    /// <summary>Makes a loaded version available, taking over its first lease. A version of the same number that served before is drained.</summary>
    public void Publish(ServableVersion servable) =>
        Replace(servable.ModelName, new VersionEntry(servable.Version, ModelVersionState.Available, 0, servable));

    /// <summary>Takes a version out of service: UNLOADING now, END when the last request has ended. Without effect on versions that do not serve.</summary>
    public void Retire(string name, long version)
    {
        if (Catalog.Find(Encoding.UTF8.GetBytes(name))?.Find(version) is { Servable: not null })
        {
            Replace(name, new VersionEntry(version, ModelVersionState.Unloading, 0, null));
        }
    }

    /// <summary>The last request of a retired version has ended and its memory is free: UNLOADING becomes END.</summary>
    public void ReportDrained(string name, long version)
    {
        if (Catalog.Find(Encoding.UTF8.GetBytes(name))?.Find(version) is { State: ModelVersionState.Unloading })
        {
            SetState(name, version, ModelVersionState.End);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Replace(string name, VersionEntry entry)
    {
        ServableVersion? previous;
        TaskCompletionSource signal;
        lock (_gate)
        {
            var model = _catalog.Find(Encoding.UTF8.GetBytes(name)) ?? new ModelEntry(name, []);
            previous = model.Find(entry.Version)?.Servable;
            Volatile.Write(ref _catalog, _catalog.With(model.With(entry)));
            signal = _changed;
            Volatile.Write(ref _changed, NewSignal());
        }

        Report(name, entry);
        signal.TrySetResult();

        // Only after the new pointer is out: who reads it can no longer find what is being released.
        previous?.ReleaseLease();
    }

    private void Report(string name, VersionEntry entry)
    {
        var state = entry.State.ToString().ToUpperInvariant();
        var error = ModelVersionStatus.ErrorName(entry.ErrorCode);
        _log.Write(
            LogLevel.Info,
            $"STATUS CHANGE: Version {entry.Version} of model {name} status change. New status: ( \"state\": \"{state}\", \"error_code\": \"{error}\" )");
    }
}
