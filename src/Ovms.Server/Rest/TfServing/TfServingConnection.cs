using Ovms.Runtime.Errors;
using Ovms.Server.Dispatch;
using Ovms.Server.Rest.Json;

namespace Ovms.Server.Rest.TfServing;

/// <summary>What a connection keeps between its requests: the call, its inputs, parser and printer. One request at a time.</summary>
internal sealed class TfServingConnection : IDisconnectListener
{
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

    /// <summary>The percent-decoded model name; <see cref="NameLength"/> bytes of it.</summary>
    public byte[] Name { get; private set; } = new byte[64];

    /// <summary>Bytes of the model name.</summary>
    public int NameLength { get; private set; }

    /// <summary>Decodes the name of the model addressed.</summary>
    public ReadOnlySpan<byte> DecodeName(ReadOnlySpan<byte> encoded)
    {
        if (encoded.Length > Name.Length)
        {
            Name = new byte[encoded.Length];
        }

        NameLength = PercentDecoder.Decode(encoded, Name);
        return Name.AsSpan(0, NameLength);
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
