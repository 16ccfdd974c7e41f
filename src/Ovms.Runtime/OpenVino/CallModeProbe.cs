using System.Diagnostics;
using System.Globalization;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.OpenVino;

/// <summary>Measures at load whether a model is better called synchronously or asynchronously.</summary>
internal static class CallModeProbe
{
    // Above this the way of calling is lost in the inference, and the probe would delay the load.
    private static readonly TimeSpan s_longInference = TimeSpan.FromMilliseconds(20);

    private const int Rounds = 12;
    private const int MaxRequests = 8;

    /// <summary>Runs rounds in which every request of the optimal number runs once, both ways, and takes the better median.</summary>
    public static (CallMode Mode, string Reason) Measure(OpenVinoModel model)
    {
        var requests = new OpenVinoInferRequest[Math.Min(model.OptimalRequestCount, MaxRequests)];
        try
        {
            for (var i = 0; i < requests.Length; i++)
            {
                requests[i] = model.CreateNative();
                if (Prepare(model, requests[i]) is { } reason)
                {
                    return (CallMode.Synchronous, reason);
                }
            }

            // The first inference allocates; the second is the warm one.
            requests[0].Infer();
            var start = Stopwatch.GetTimestamp();
            if (requests[0].Infer() != InferenceError.None)
            {
                return (CallMode.Synchronous, "not measured: the model does not run on zeros");
            }

            var once = Stopwatch.GetElapsedTime(start);
            if (once > s_longInference)
            {
                return (CallMode.Synchronous, Text($"an inference takes {once.TotalMilliseconds:F0} ms"));
            }

            model.CallMode = CallMode.Synchronous;
            var synchronous = Median(requests);
            model.CallMode = CallMode.Asynchronous;
            var asynchronous = Median(requests);

            // Asynchronous calls need more CPU time: they have to be clearly better.
            var mode = asynchronous < synchronous * 0.9 ? CallMode.Asynchronous : CallMode.Synchronous;
            return (mode, Text($"{requests.Length} at a time: {synchronous:F1} µs synchronous, {asynchronous:F1} µs asynchronous"));
        }
        finally
        {
            foreach (var request in requests)
            {
                request?.Dispose();
            }
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string? Prepare(OpenVinoModel model, OpenVinoInferRequest request)
    {
        foreach (var input in model.Signature.Inputs)
        {
            if (!input.Shape.IsRankKnown)
            {
                return "not measured: an input may have any rank";
            }

            var shape = default(Shape);
            foreach (var dimension in input.Shape.Dims)
            {
                shape.TryAppend(Math.Clamp(1, dimension.Min, dimension.Max));
            }

            if (request.TryPrepareInput(input.Index, shape, out var destination) != InferenceError.None)
            {
                return "not measured: no memory for the inputs";
            }

            destination.Clear();
        }

        return null;
    }

    private static double Median(OpenVinoInferRequest[] requests)
    {
        using var wave = new Wave(requests);
        var times = new double[Rounds];
        for (var i = 0; i < Rounds; i++)
        {
            times[i] = wave.Run().TotalMicroseconds;
        }

        Array.Sort(times);
        return times[Rounds / 2];
    }

    /// <summary>Starts all requests, each from its own thread as callers do, and waits for all.</summary>
    private sealed class Wave(OpenVinoInferRequest[] requests) : IInferCompletion, IDisposable
    {
        private readonly CountdownEvent _open = new(requests.Length);

        public TimeSpan Run()
        {
            _open.Reset(requests.Length);
            var start = Stopwatch.GetTimestamp();
            for (var i = 1; i < requests.Length; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(request => request.StartAsync(this), requests[i], preferLocal: false);
            }

            requests[0].StartAsync(this);
            _open.Wait();
            return Stopwatch.GetElapsedTime(start);
        }

        public void OnCompleted(InferRequest request, InferenceError error) => _open.Signal();

        public void Dispose() => _open.Dispose();
    }
}
