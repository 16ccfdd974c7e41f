using Ovms.Runtime.Errors;
using Ovms.Server.Logging;

namespace Ovms.Server.Dispatch;

/// <summary>Where all protocols end: resolves models, validates requests, runs inferences. Knows neither gRPC nor REST.</summary>
/// <param name="registry">The models.</param>
/// <param name="log">Told of failures that are ours.</param>
/// <param name="time">Clock of the bounded wait.</param>
internal sealed class Dispatcher(ModelRegistry registry, Logger? log = null, TimeProvider? time = null)
{
    /// <summary>How long a predict request waits for a version that is being loaded (W§1.4).</summary>
    public static readonly TimeSpan LoadWait = TimeSpan.FromSeconds(10);

    private readonly Logger _log = log ?? Logger.None;
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Finds the version a predict request asks for and leases it into <paramref name="call"/>. Waits (bounded, W§1.4) only while
    /// the version is being loaded.</summary>
    /// <param name="call">The call; on success its <see cref="PredictCall.Servable"/> is set.</param>
    /// <param name="modelName">UTF-8 name; not kept.</param>
    /// <param name="version">Version, 0 for the default one; negative ones are not found.</param>
    public ValueTask<ServingFault> ResolveAsync(PredictCall call, ReadOnlySpan<byte> modelName, long version)
    {
        call.BeginResolve();

        // Read before the catalog: a change between the two then ends the wait at once instead of being missed.
        var changed = registry.Changed;
        var fault = TryResolve(call, modelName, version, out var loading);
        return loading ? WaitAsync(call, modelName.ToArray(), version, changed) : new ValueTask<ServingFault>(fault);
    }

    /// <summary>Like <see cref="ResolveAsync"/> but never waits: metadata calls (W§1.4).</summary>
    public ServingFault Resolve(PredictCall call, ReadOnlySpan<byte> modelName, long version)
    {
        call.BeginResolve();
        return TryResolve(call, modelName, version, out _);
    }

    /// <summary>Appends the states of one version, or of all versions in ascending order when <paramref name="version"/> is 0 (W§1.11).</summary>
    public ServingFault GetStatus(ReadOnlySpan<byte> modelName, long version, ICollection<ModelVersionStatus> statuses)
    {
        var model = registry.Catalog.Find(modelName);
        if (model is null)
        {
            return new ServingFault(ServingStatus.ModelNameMissing);
        }

        if (version != 0)
        {
            if (model.Find(version) is not { } found)
            {
                return new ServingFault(ServingStatus.ModelVersionMissing);
            }

            statuses.Add(new ModelVersionStatus(found.Version, found.State, found.ErrorCode));
            return ServingFault.None;
        }

        foreach (var entry in model.Versions)
        {
            statuses.Add(new ModelVersionStatus(entry.Version, entry.State, entry.ErrorCode));
        }

        return ServingFault.None;
    }

    /// <summary>Validates the inputs in W§1.5's order, waits (bounded) for a free infer request, copies or lays the inputs into it and runs it.
    /// On success <see cref="PredictCall.Request"/> holds the outputs.</summary>
    public ValueTask<ServingFault> PredictAsync(PredictCall call, IPredictInputs inputs)
    {
        var servable = call.Servable ?? throw new InvalidOperationException("the call was not resolved");
        var fault = PredictValidator.Validate(servable, inputs);
        return fault.IsFault ? new ValueTask<ServingFault>(fault) : call.RunAsync(servable.Requests, inputs, _log);
    }

    private async ValueTask<ServingFault> WaitAsync(PredictCall call, byte[] modelName, long version, Task changed)
    {
        var start = _time.GetTimestamp();
        while (true)
        {
            var left = LoadWait - _time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return new ServingFault(ServingStatus.ModelVersionNotLoadedYet);
            }

            using (var timer = new CancellationTokenSource(left, _time))
            {
                await Task.WhenAny(changed, call.ResolveCancelled(), Task.Delay(Timeout.Infinite, timer.Token));
                await timer.CancelAsync();
            }

            if (call.CancelReason is var reason && reason != InferenceError.None)
            {
                return new ServingFault(reason.ToStatus());
            }

            changed = registry.Changed;
            var fault = TryResolve(call, modelName, version, out var loading);
            if (!loading)
            {
                return fault;
            }
        }
    }

    private ServingFault TryResolve(PredictCall call, ReadOnlySpan<byte> modelName, long version, out bool loading)
    {
        loading = false;
        while (true)
        {
            var model = registry.Catalog.Find(modelName);
            if (model is null)
            {
                return new ServingFault(ServingStatus.ModelNameMissing);
            }

            var entry = version == 0 ? model.Default : model.Find(version);
            switch (entry)
            {
                case null:
                    return new ServingFault(ServingStatus.ModelVersionMissing);
                case { Servable: { } servable }:
                    if (servable.TryLease())
                    {
                        call.EndResolve(servable);
                        return ServingFault.None;
                    }

                    // Its last lease ended between the two reads, so a newer catalog is out.
                    continue;
                case { State: > ModelVersionState.Available }:
                    return new ServingFault(ServingStatus.ModelVersionNotLoadedAnymore);
                default:
                    // A version that is known to have failed is not worth ten seconds of a client's time (M§3.8).
                    loading = !entry.HasFailed;
                    return new ServingFault(ServingStatus.ModelVersionNotLoadedYet);
            }
        }
    }
}
