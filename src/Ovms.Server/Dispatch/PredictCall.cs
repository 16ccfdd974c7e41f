using System.Diagnostics;
using System.Threading.Tasks.Sources;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Server.Logging;

namespace Ovms.Server.Dispatch;

/// <summary>One predict request on its way through <see cref="Dispatcher"/>: which servable, which infer request. Pooled with the protocol's own
/// call object; not safe for concurrent use except <see cref="Cancel"/>.</summary>
/// <remarks>
/// Life: <see cref="Dispatcher.ResolveAsync"/> → <see cref="Dispatcher.PredictAsync"/> → read <see cref="Request"/>'s outputs →
/// <see cref="Release"/>, which must be called on every path, and only after the awaited methods have ended.
/// <para>
/// The call is its own waiter, completion and thread-pool work item, so that neither waiting nor an asynchronous backend allocates. A thread
/// that returns an infer request, cancels, or calls back from a backend never runs the continuation of this call on its own stack: it queues
/// the call to the thread pool.
/// </para>
/// </remarks>
internal sealed class PredictCall : IValueTaskSource<ServingFault>, IInferCompletion, IThreadPoolWorkItem
{
    private readonly Lock _gate = new();

    // Under _gate. Lock order: _gate before the queue's lock, never the other way round.
    private Phase _phase;
    private InferenceError _cancelReason;
    private TaskCompletionSource? _resolveCancelled;

    // Owned by the one thread that drives the call.
    private ManualResetValueTaskSourceCore<ServingFault> _source;
    private IPredictInputs? _inputs;
    private InferRequestQueue? _queue;
    private Logger _log = Logger.None;
    private WorkItem _work;
    private InferRequest? _handed;
    private ServingFault _fault;

    // Any thread, Interlocked: the second of "StartAsync returned" and "OnCompleted was called" finishes the inference.
    private int _arrivals;
    private InferenceError _error;

    private enum Phase
    {
        Idle,
        Resolving,
        Resolved,
        Waiting,
        Running,
    }

    private enum WorkItem
    {
        None,
        RunHanded,
        Finish,
        Complete,
    }

    /// <summary>The resolved servable; null before.</summary>
    public ServableVersion? Servable { get; internal set; }

    /// <summary>The infer request whose outputs hold the answer (<c>Request.GetOutput(servable.Outputs[i].Descriptor.Index)</c>); null before and after.</summary>
    public InferRequest? Request { get; internal set; }

    // Links of InferRequestQueue, under its lock.
    internal PredictCall? Next { get; set; }

    internal PredictCall? Previous { get; set; }

    internal bool IsQueued { get; set; }

    /// <summary>Ends waiting and inference early with <see cref="InferenceError.Cancelled"/> or <see cref="InferenceError.DeadlineExceeded"/>.
    /// Safe from any thread. Without effect before the call is resolved and after it was released, so that a late one does not hit the
    /// next tenant; the first reason wins.</summary>
    public void Cancel(InferenceError reason)
    {
        Debug.Assert(reason is InferenceError.Cancelled or InferenceError.DeadlineExceeded, "only these end a call early");
        TaskCompletionSource? resolving = null;
        lock (_gate)
        {
            if (_phase == Phase.Idle || _cancelReason != InferenceError.None)
            {
                return;
            }

            _cancelReason = reason;
            switch (_phase)
            {
                case Phase.Resolving:
                    resolving = _resolveCancelled;
                    break;
                case Phase.Waiting when _queue!.TryRemove(this):
                    _fault = new ServingFault(reason.ToStatus());
                    _phase = Phase.Resolved;
                    Enqueue(WorkItem.Complete);
                    break;
                case Phase.Running:
                    // Under the gate: a request that has been handed to another call is never cancelled.
                    Request?.Cancel();
                    break;
            }
        }

        resolving?.TrySetResult();
    }

    /// <summary>Gives infer request and servable lease back; the call can be used again. Idempotent.</summary>
    public void Release()
    {
        lock (_gate)
        {
            Debug.Assert(_phase is Phase.Idle or Phase.Resolving or Phase.Resolved, "the call is released after what it awaits has ended");
            _phase = Phase.Idle;
            _cancelReason = InferenceError.None;
            _resolveCancelled = null;
        }

        var (request, servable) = (Request, Servable);
        (Request, Servable, _inputs, _queue, _log) = (null, null, null, null, Logger.None);
        if (request is not null)
        {
            servable!.Requests.Return(request);
        }

        servable?.ReleaseLease();
    }

    ServingFault IValueTaskSource<ServingFault>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ServingFault>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ServingFault>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>From here on <see cref="Cancel"/> counts.</summary>
    internal void BeginResolve()
    {
        Debug.Assert(Servable is null, "a call is released before it is resolved again");
        lock (_gate)
        {
            _phase = Phase.Resolving;
            _cancelReason = InferenceError.None;
        }
    }

    /// <summary>The servable was leased for this call.</summary>
    internal void EndResolve(ServableVersion servable)
    {
        Servable = servable;
        lock (_gate)
        {
            _phase = Phase.Resolved;
            _resolveCancelled = null;
        }
    }

    /// <summary>A task that ends when the call is cancelled while it is being resolved. Only for the slow path.</summary>
    internal Task ResolveCancelled()
    {
        lock (_gate)
        {
            if (_cancelReason != InferenceError.None)
            {
                return Task.CompletedTask;
            }

            _resolveCancelled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _resolveCancelled.Task;
        }
    }

    /// <summary>Why the call was cancelled, or None.</summary>
    internal InferenceError CancelReason
    {
        get
        {
            lock (_gate)
            {
                return _cancelReason;
            }
        }
    }

    /// <summary>Takes a request, copies the validated inputs into it and runs it; complete on return when a request is free and the backend
    /// is synchronous.</summary>
    internal ValueTask<ServingFault> RunAsync(InferRequestQueue queue, IPredictInputs inputs, Logger log)
    {
        lock (_gate)
        {
            Debug.Assert(_phase == Phase.Resolved, "a call runs once, after it was resolved");
            if (_cancelReason != InferenceError.None)
            {
                return Failed(_cancelReason);
            }

            _source.Reset();
            (_queue, _inputs, _log) = (queue, inputs, log);
            _phase = Phase.Waiting;
        }

        var error = queue.RentOrWait(this, out var request);
        if (error != InferenceError.None)
        {
            SetPhase(Phase.Resolved);
            return Failed(error);
        }

        if (request is not null)
        {
            return TryRun(request, out var fault) ? new ValueTask<ServingFault>(fault) : new ValueTask<ServingFault>(this, _source.Version);
        }

        // A cancellation between "waiting" and the entry into the list found nothing to remove: look again. Whoever removes it completes it.
        lock (_gate)
        {
            if (_cancelReason != InferenceError.None && queue.TryRemove(this))
            {
                _phase = Phase.Resolved;
                return Failed(_cancelReason);
            }
        }

        return new ValueTask<ServingFault>(this, _source.Version);
    }

    /// <summary>A request came free for this waiting call, which is no longer in the list; null when a dropped request could not be replaced.</summary>
    internal void OnRented(InferRequest? request)
    {
        _handed = request;
        Enqueue(WorkItem.RunHanded);
    }

    /// <inheritdoc/>
    public void OnCompleted(InferRequest request, InferenceError error)
    {
        _error = error;
        if (Interlocked.Increment(ref _arrivals) == 2)
        {
            Enqueue(WorkItem.Finish);
        }
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        var work = _work;
        _work = WorkItem.None;
        ServingFault fault;
        switch (work)
        {
            case WorkItem.RunHanded:
                var request = _handed;
                _handed = null;
                if (request is null)
                {
                    SetPhase(Phase.Resolved);
                    fault = new ServingFault(InferenceError.OutOfMemory.ToStatus());
                }
                else if (!TryRun(request, out fault))
                {
                    return;
                }

                break;
            case WorkItem.Finish:
                fault = Finish(_error);
                break;
            default:
                fault = _fault;
                _fault = default;
                break;
        }

        _source.SetResult(fault);
    }

    private static ValueTask<ServingFault> Failed(InferenceError error) => new(new ServingFault(error.ToStatus()));

    private void Enqueue(WorkItem work)
    {
        Debug.Assert(_work == WorkItem.None, "one continuation at a time");
        _work = work;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void SetPhase(Phase phase)
    {
        lock (_gate)
        {
            _phase = phase;
        }
    }

    // Returns false when the backend goes on without this thread.
    private bool TryRun(InferRequest request, out ServingFault fault)
    {
        lock (_gate)
        {
            Request = request;
            if (_cancelReason != InferenceError.None)
            {
                _phase = Phase.Resolved;
                fault = new ServingFault(_cancelReason.ToStatus());
                return true;
            }

            _phase = Phase.Running;
        }

        _arrivals = 0;
        try
        {
            var error = CopyInputs(request);
            if (error != InferenceError.None)
            {
                fault = Finish(error);
                return true;
            }

            request.StartAsync(this);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            fault = Broken(request, exception);
            return true;
        }
        catch (OutOfMemoryException)
        {
            fault = Finish(InferenceError.OutOfMemory);
            return true;
        }

        if (Interlocked.Increment(ref _arrivals) == 2)
        {
            fault = Finish(_error);
            return true;
        }

        fault = default;
        return false;
    }

    private InferenceError CopyInputs(InferRequest request)
    {
        var inputs = _inputs!;
        var declared = Servable!.Inputs;
        for (var i = 0; i < declared.Count; i++)
        {
            var tensor = declared[i];
            var position = inputs.IndexOf(tensor.NameUtf8);
            var index = tensor.Descriptor.Index;
            if (inputs.HostTensor(position) is { } host)
            {
                if (request.SetInput(index, host) is var set && set != InferenceError.None)
                {
                    return set;
                }

                continue;
            }

            var known = inputs.TryGetShape(position, out var shape, out _);
            Debug.Assert(known, "the shape was validated");
            if (request.TryPrepareInput(index, shape, out var destination) is var prepared && prepared != InferenceError.None)
            {
                return prepared;
            }

            inputs.CopyTo(position, tensor.Descriptor, destination);
        }

        return InferenceError.None;
    }

    private ServingFault Finish(InferenceError error)
    {
        InferenceError reason;
        lock (_gate)
        {
            _phase = Phase.Resolved;
            reason = _cancelReason;
        }

        if (reason != InferenceError.None)
        {
            return new ServingFault(reason.ToStatus());
        }

        if (error is InferenceError.Failed or InferenceError.OutOfMemory)
        {
            _log.Write(
                LogLevel.Error,
                $"Inference of model {Servable!.ModelName}; version: {Servable.Version} failed: {error}; {Request!.ErrorText ?? "no details"}");
        }

        else if (error == InferenceError.UnsupportedShape && Request?.ErrorText is { } text)
        {
            // The client's doing, so no error of the server; which layer refused what is for the operator who looks for it.
            _log.Write(LogLevel.Debug, $"Inference of model {Servable!.ModelName}; version: {Servable.Version} refused: {text}");
        }

        return new ServingFault(error.ToStatus());
    }

    // A backend or a protocol that throws is a defect of ours: the client learns that, the log learns what, and the infer request, whose
    // condition nobody knows, is not used again.
    private ServingFault Broken(InferRequest request, Exception exception)
    {
        lock (_gate)
        {
            _phase = Phase.Resolved;
            Request = null;
        }

        _log.Write(LogLevel.Error, $"Inference of model {Servable!.ModelName}; version: {Servable.Version} broke: {exception}");
        _queue!.Drop(request);
        return new ServingFault(ServingStatus.InternalError);
    }
}
