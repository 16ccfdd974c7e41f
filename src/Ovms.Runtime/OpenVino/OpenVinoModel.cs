using System.Globalization;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Native;

namespace Ovms.Runtime.OpenVino;

/// <summary>A model compiled by OpenVINO.</summary>
public sealed class OpenVinoModel : CompiledModel
{
    private readonly OvCompiledModelHandle _compiled;

    internal OpenVinoModel(OvApi api, OvCompiledModelHandle compiled, ModelSignature signature)
    {
        (Api, _compiled, Signature) = (api, compiled, signature);
        OptimalRequestCount = int.TryParse(
            api.GetProperty(compiled, "OPTIMAL_NUMBER_OF_INFER_REQUESTS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? Math.Max(count, 1)
            : 1;
    }

    /// <inheritdoc/>
    public override string BackendName => "openvino";

    /// <inheritdoc/>
    public override ModelSignature Signature { get; }

    /// <inheritdoc/>
    public override int OptimalRequestCount { get; }

    /// <inheritdoc/>
    public override string Details =>
        string.Create(CultureInfo.InvariantCulture, $"{(CallMode == CallMode.Asynchronous ? "asynchronous" : "synchronous")} calls ({CallModeReason}); optimal requests {OptimalRequestCount}");

    /// <summary>How requests call the library; measured at load.</summary>
    public CallMode CallMode { get; internal set; }

    /// <summary>What the choice rests on.</summary>
    public string CallModeReason { get; private set; } = "";

    internal OvApi Api { get; }

    /// <inheritdoc/>
    /// <exception cref="InsufficientMemoryException">The device has no room for one more. The first one is made at load, so that what is wrong with the
    /// model shows there.</exception>
    public override InferRequest CreateRequest()
    {
        try
        {
            return CreateNative();
        }
        catch (OvException exception)
        {
            throw new InsufficientMemoryException(exception.Message, exception);
        }
    }

    /// <summary>A property such as <c>NUM_STREAMS</c>, <c>EXECUTION_DEVICES</c> or <c>LOADED_FROM_CACHE</c>; null when the device does not have it.</summary>
    public string? GetProperty(string key)
    {
        try
        {
            return Api.GetProperty(_compiled, key);
        }
        catch (OvException)
        {
            return null;
        }
    }

    internal OpenVinoInferRequest CreateNative() => new(this, Api.CreateInferRequest(_compiled));

    /// <summary>Runs the model a few times both ways.</summary>
    internal void ChooseCallMode() => (CallMode, CallModeReason) = CallModeProbe.Measure(this);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _compiled.Dispose();
}
