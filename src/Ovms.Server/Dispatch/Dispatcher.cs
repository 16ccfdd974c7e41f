namespace Ovms.Server.Dispatch;

/// <summary>Where all protocols end: resolves models, validates requests, runs inferences. Knows neither gRPC nor REST.</summary>
internal sealed class Dispatcher
{
    /// <summary>Finds the version a predict request asks for and leases it into <paramref name="call"/>. Waits (bounded, W§1.4) only while
    /// the version is being loaded.</summary>
    /// <param name="call">The call; on success its <see cref="PredictCall.Servable"/> is set.</param>
    /// <param name="modelName">UTF-8 name; not kept.</param>
    /// <param name="version">Version, 0 for the default one; negative ones are not found.</param>
    public ValueTask<ServingFault> ResolveAsync(PredictCall call, ReadOnlySpan<byte> modelName, long version) =>
        throw new NotSupportedException();

    /// <summary>Like <see cref="ResolveAsync"/> but never waits: metadata calls (W§1.4).</summary>
    public ServingFault Resolve(PredictCall call, ReadOnlySpan<byte> modelName, long version) => throw new NotSupportedException();

    /// <summary>Appends the states of one version, or of all versions in ascending order when <paramref name="version"/> is 0 (W§1.11).</summary>
    public ServingFault GetStatus(ReadOnlySpan<byte> modelName, long version, ICollection<ModelVersionStatus> statuses) =>
        throw new NotSupportedException();

    /// <summary>Validates the inputs in W§1.5's order, waits (bounded) for a free infer request, copies or lays the inputs into it and runs it.
    /// On success <see cref="PredictCall.Request"/> holds the outputs.</summary>
    public ValueTask<ServingFault> PredictAsync(PredictCall call, IPredictInputs inputs) =>
        throw new NotSupportedException();
}
