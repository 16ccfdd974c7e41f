using System.Diagnostics;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;

namespace Ovms.Server.Dispatch;

/// <summary>The infer requests of one servable (<c>nireq</c>) and the calls that wait for one, oldest first (M§12.4). Safe from any thread.</summary>
/// <remarks>Renting, waiting and returning allocate nothing: free requests lie in an array, waiting calls form a list through themselves.
/// Requests are made on demand, so that a large <c>nireq</c> costs memory only when it is used.</remarks>
internal sealed class InferRequestQueue : IDisposable
{
    /// <summary>Calls that may wait for one servable. Each holds its request's buffers; a longer queue only turns overload into time-outs.</summary>
    public const int DefaultMaxWaiting = 8192;

    private readonly Lock _gate = new();
    private readonly CompiledModel _model;
    private readonly int _maxWaiting;

    // Under _gate.
    private InferRequest?[] _free;
    private int _freeCount;
    private int _created;
    private int _waiting;
    private PredictCall? _first;
    private PredictCall? _last;
    private bool _disposed;

    /// <summary>A queue of at most <paramref name="capacity"/> requests of <paramref name="model"/>, which it does not own.</summary>
    public InferRequestQueue(CompiledModel model, int capacity, int maxWaiting = DefaultMaxWaiting)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _model = model;
        _maxWaiting = maxWaiting;
        Capacity = capacity;
        _free = new InferRequest?[Math.Min(capacity, 16)];
    }

    /// <summary>Most requests that run at a time.</summary>
    public int Capacity { get; }

    /// <summary>Requests in use. Exact only while nothing runs.</summary>
    public int InUse
    {
        get
        {
            lock (_gate)
            {
                return _created - _freeCount;
            }
        }
    }

    /// <summary>Calls waiting.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting;
            }
        }
    }

    /// <summary>Gives a free request, or queues the call.</summary>
    /// <returns><see cref="InferenceError.None"/> with a request; <see cref="InferenceError.None"/> without one: the call waits and
    /// <see cref="PredictCall.OnRented"/> is going to be called; otherwise why neither is possible.</returns>
    public InferenceError RentOrWait(PredictCall call, out InferRequest? request)
    {
        lock (_gate)
        {
            Debug.Assert(!_disposed, "a call rents only while it holds a lease");
            if (_freeCount > 0)
            {
                request = _free[--_freeCount];
                _free[_freeCount] = null;
                return InferenceError.None;
            }

            request = null;
            if (_created == Capacity)
            {
                return TryEnqueue(call) ? InferenceError.None : InferenceError.QueueFull;
            }

            // Reserved under the lock, made outside of it: creation may allocate much memory.
            _created++;
        }

        try
        {
            request = _model.CreateRequest();
            return InferenceError.None;
        }
        catch (OutOfMemoryException)
        {
            lock (_gate)
            {
                _created--;
            }

            return InferenceError.OutOfMemory;
        }
    }

    /// <summary>Takes a call out of the waiting list.</summary>
    /// <returns>True when it still waited: the caller now owns its completion.</returns>
    public bool TryRemove(PredictCall call)
    {
        lock (_gate)
        {
            if (!call.IsQueued)
            {
                return false;
            }

            Unlink(call);
            return true;
        }
    }

    /// <summary>Takes a request back and gives it to the oldest waiting call. Only what finished cleanly goes back; what did not is dropped.</summary>
    public void Return(InferRequest request)
    {
        if (request.CanReuse)
        {
            request.Reset();
            HandOver(request);
        }
        else
        {
            Drop(request);
        }
    }

    /// <summary>Frees a request that is not to be used again. A waiting call must not be left without one, so it is replaced then.</summary>
    public void Drop(InferRequest request)
    {
        request.Dispose();
        HandOver(null);
    }

    /// <summary>Frees all requests. Every one has been returned.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            Debug.Assert(_freeCount == _created && _waiting == 0, "all requests have come back before the queue ends");
            _disposed = true;
            for (var i = 0; i < _freeCount; i++)
            {
                _free[i]!.Dispose();
            }

            _freeCount = 0;
            _created = 0;
            _free = [];
        }
    }

    private void HandOver(InferRequest? next)
    {
        PredictCall? call;
        lock (_gate)
        {
            call = _first;
            if (call is not null)
            {
                Unlink(call);
            }
            else if (next is not null)
            {
                Push(next);
            }

            if (next is null && call is null)
            {
                _created--;
            }
        }

        if (call is not null)
        {
            call.OnRented(next ?? Replace());
        }
    }

    private InferRequest? Replace()
    {
        try
        {
            return _model.CreateRequest();
        }
        catch (OutOfMemoryException)
        {
            lock (_gate)
            {
                _created--;
            }

            return null;
        }
    }

    private void Push(InferRequest request)
    {
        if (_freeCount == _free.Length)
        {
            Array.Resize(ref _free, Math.Min(Capacity, Math.Max(_free.Length * 2, 16)));
        }

        _free[_freeCount++] = request;
    }

    private bool TryEnqueue(PredictCall call)
    {
        if (_waiting >= _maxWaiting)
        {
            return false;
        }

        call.Previous = _last;
        call.Next = null;
        call.IsQueued = true;
        if (_last is null)
        {
            _first = call;
        }
        else
        {
            _last.Next = call;
        }

        _last = call;
        _waiting++;
        return true;
    }

    private void Unlink(PredictCall call)
    {
        if (call.Previous is null)
        {
            _first = call.Next;
        }
        else
        {
            call.Previous.Next = call.Next;
        }

        if (call.Next is null)
        {
            _last = call.Previous;
        }
        else
        {
            call.Next.Previous = call.Previous;
        }

        (call.Previous, call.Next, call.IsQueued) = (null, null, false);
        _waiting--;
    }
}
