using System.Diagnostics;
using Ovms.Runtime.Errors;
using Ovms.Server.Dispatch;
using Ovms.Server.Rest.Json;
using Ovms.Server.Routing;

namespace Ovms.Server.Rest.TfServing;

/// <summary>What a connection keeps between its requests: the call, its inputs, parser and printer. One request at a time.</summary>
internal sealed class TfServingConnection : IDisconnectListener
{
    /// <summary>A version that no model has.</summary>
    public const long NoSuchVersion = -1;

    private byte[] _name = new byte[64];
    private int _nameLength;

    public TfServingConnection(TensorMemoryPool pool, RestServerOptions options)
    {
        Inputs = new PredictInputs(pool, options.MaxTensorBytes);
        Body = new PredictBodyReader(Inputs);
    }

    /// <summary>The dispatcher's side of the request.</summary>
    public PredictCall Call { get; } = new();

    /// <summary>The parsed inputs.</summary>
    public PredictInputs Inputs { get; }

    /// <summary>Parser of the body.</summary>
    public PredictBodyReader Body { get; }

    /// <summary>Printer of the answer.</summary>
    public PredictResponseWriter Answer { get; } = new();

    /// <summary>Name of the model addressed, percent-decoded.</summary>
    public ReadOnlySpan<byte> ModelName => _name.AsSpan(0, _nameLength);

    /// <summary>Version addressed, 0 for the default one, or <see cref="NoSuchVersion"/>.</summary>
    public long Version { get; private set; }

    /// <summary>Keeps what the path addresses.</summary>
    /// <param name="encodedName">The model's name as in the path.</param>
    /// <param name="version">See <see cref="Version"/>.</param>
    public void Address(ReadOnlySpan<byte> encodedName, long version)
    {
        if (encodedName.Length > _name.Length)
        {
            _name = new byte[encodedName.Length];
        }

        var fits = RouteText.TryDecode(encodedName, _name, out _nameLength);
        Debug.Assert(fits, "decoding never lengthens");
        Version = version;
    }

    /// <summary>Ends a request: gives infer request, servable and tensor memory back.</summary>
    public void Reset()
    {
        Answer.End();
        Call.Release();
        Inputs.Release();
    }

    /// <inheritdoc/>
    public void OnDisconnected() => Call.Cancel(InferenceError.Cancelled);
}
