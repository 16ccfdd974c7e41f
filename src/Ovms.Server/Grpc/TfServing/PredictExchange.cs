using System.Runtime.CompilerServices;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Protobuf;
using Ovms.Server.Dispatch;
using Ovms.Server.Wire.TfServing;

namespace Ovms.Server.Grpc.TfServing;

/// <summary>Everything that one predict call needs, pooled.</summary>
internal sealed class PredictExchange : IGrpcCancelTarget
{
    private readonly PredictRequest _request = new();
    private readonly PredictResponse _response = new();
    private readonly PredictRequestInputs _inputs = new();
    private readonly PredictCall _call = new();
    private readonly ProtoSegments _segments = new();

    /// <inheritdoc/>
    public void Cancel(InferenceError reason) => _call.Cancel(reason);

    /// <summary>Reads the request, runs it and answers (W§1.4–1.7).</summary>
    [AsyncMethodBuilder(typeof(PooledTaskBuilder))]
    public async ValueTask RunAsync(GrpcCall call, Dispatcher dispatcher)
    {
        try
        {
            await call.ReadMessageAsync();
            if (!ProtoMessages.Accept(call, call.HasMessage && _request.TryParse(call.Message)) || !call.TrySetCancelTarget(this))
            {
                return;
            }

            var spec = _request.ModelSpec;
            var fault = await dispatcher.ResolveAsync(_call, spec is null ? default : spec.Name.Span, spec?.Version?.Value ?? 0);

            // A cancellation just before the call began to resolve found nothing to cancel.
            if (!fault.IsFault && !call.EndIfCancelled())
            {
                _inputs.Open(_request);
                fault = await dispatcher.PredictAsync(_call, _inputs);
                if (!fault.IsFault)
                {
                    AddOutputs();
                    await ProtoMessages.AnswerAsync(call, _response, _segments);
                }
            }

            if (fault.IsFault)
            {
                call.Fail(fault);
            }
        }
        finally
        {
            call.ClearCancelTarget();
            Reset();
            call.ReleaseMessage();
        }
    }

    // The messages refer to the transport's and the engine's memory: they let go before either is given back.
    private void Reset()
    {
        _inputs.Close();
        _request.Clear();
        _response.Clear();
        _segments.Clear();
        _call.Release();
    }

    private void AddOutputs()
    {
        var outputs = _call.Servable!.Outputs; // resolved
        var filtered = IsFiltered(outputs);
        for (var i = 0; i < outputs.Count; i++)
        {
            if (!filtered || IsWanted(outputs[i].NameUtf8))
            {
                var tensor = _call.Request!.GetOutput(outputs[i].Descriptor.Index); // the inference succeeded
                _response.AddOutput(outputs[i].NameUtf8, tensor.Type, tensor.Shape, tensor.Memory);
            }
        }
    }

    // Upstream ignores the filter; names it does not know are ignored here, and a filter of such names alone filters nothing (W§9 no. 13).
    private bool IsFiltered(IReadOnlyList<ServableTensor> outputs)
    {
        if (_request.OutputFilter.Count == 0)
        {
            return false;
        }

        for (var i = 0; i < outputs.Count; i++)
        {
            if (IsWanted(outputs[i].NameUtf8))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsWanted(byte[] name)
    {
        foreach (var wanted in _request.OutputFilter)
        {
            if (wanted.Span.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }
}
