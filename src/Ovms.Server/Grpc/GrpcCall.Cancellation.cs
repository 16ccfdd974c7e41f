using Ovms.Runtime.Errors;
using Ovms.Server.Dispatch;
using Ovms.Server.Grpc.Transport;

namespace Ovms.Server.Grpc;

/// <content>Deadline, and the client that gives up.</content>
internal sealed partial class GrpcCall
{
    // Timers do not reach further than 2^32 − 2 ms; a deadline more than 24 days away is none.
    private const long MaxTimerMs = 24L * 24 * 3600 * 1000;

    private readonly Lock _gate = new();

    // Under _gate.
    private bool _isOpen;
    private long _deadlineTick;
    private InferenceError _cancelReason;
    private IGrpcCancelTarget? _target;
    private Wait _wait;

    // Kept for the life of the pooled call: starting a timer anew costs nothing, making one does.
    private Timer? _timer;
    private bool _timerIsSet;
    private bool _watchesAbort;

    private enum Wait
    {
        None,
        Read,
        Flush,
    }

    /// <summary>Names the work that a deadline or the client's reset ends. False when that has happened already: the call has ended.</summary>
    public bool TrySetCancelTarget(IGrpcCancelTarget target)
    {
        if (!_watchesAbort)
        {
            _watchesAbort = true;
            _stream.WatchAbort(this);
        }

        lock (_gate)
        {
            if (_cancelReason == InferenceError.None)
            {
                _target = target;
                return true;
            }
        }

        FailCancelled();
        return false;
    }

    /// <summary>The work is over; when this returns its target is not called any more.</summary>
    public void ClearCancelTarget()
    {
        lock (_gate)
        {
            _target = null;
        }
    }

    /// <summary>Ends the call when its deadline has passed or its client has gone.</summary>
    public bool EndIfCancelled() => !TryEnterWait(Wait.None);

    /// <inheritdoc/>
    public void OnAborted() => Cancel(InferenceError.Cancelled);

    private void OpenCancellation()
    {
        _watchesAbort = false;
        lock (_gate)
        {
            _isOpen = true;
            _deadlineTick = long.MaxValue;
            _cancelReason = InferenceError.None;
            _target = null;
            _wait = Wait.None;
        }
    }

    private void CloseCancellation()
    {
        lock (_gate)
        {
            _isOpen = false;
            _target = null;
        }

        if (_timerIsSet)
        {
            _timerIsSet = false;
            _timer!.Change(Timeout.Infinite, Timeout.Infinite);
        }
    }

    private bool TryStartDeadline()
    {
        var text = _stream.Header(GrpcHeader.Timeout);
        if (text.IsEmpty)
        {
            return true;
        }

        if (!GrpcTimeout.TryParse(text, out var timeout))
        {
            Fail(GrpcStatusCode.Internal, $"malformed grpc-timeout: {System.Text.Encoding.UTF8.GetString(text)}");
            return false;
        }

        if (timeout == TimeSpan.Zero)
        {
            Fail(new ServingFault(ServingStatus.DeadlineExceeded));
            return false;
        }

        var milliseconds = (timeout.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
        if (milliseconds <= MaxTimerMs)
        {
            StartTimer(Environment.TickCount64 + milliseconds, milliseconds);
        }

        return true;
    }

    // The call has ended, and what it still waits for ends after this time at the latest.
    private void LimitWait(int milliseconds)
    {
        var tick = Environment.TickCount64 + milliseconds;
        if (tick < _deadlineTick)
        {
            StartTimer(tick, milliseconds);
        }
    }

    private void StartTimer(long tick, long milliseconds)
    {
        lock (_gate)
        {
            _deadlineTick = tick;
        }

        _timer ??= new Timer(static call => ((GrpcCall)call!).OnTimer(), this, Timeout.Infinite, Timeout.Infinite);
        _timerIsSet = true;
        _timer.Change(milliseconds, Timeout.Infinite);
    }

    // May come late, when the pooled call serves another request: the tick tells whether that one is due.
    private void OnTimer()
    {
        lock (_gate)
        {
            var left = _deadlineTick - Environment.TickCount64;
            if (!_isOpen || _deadlineTick == long.MaxValue)
            {
                return;
            }

            if (left > 0)
            {
                _timer!.Change(left, Timeout.Infinite);
                return;
            }
        }

        Cancel(InferenceError.DeadlineExceeded);
    }

    private void Cancel(InferenceError reason)
    {
        lock (_gate)
        {
            if (!_isOpen || _cancelReason != InferenceError.None)
            {
                return;
            }

            _cancelReason = reason;
            _target?.Cancel(reason);
            switch (_wait)
            {
                case Wait.Read:
                    _input!.CancelPendingRead();
                    break;
                case Wait.Flush:
                    _output!.CancelPendingFlush();
                    break;
            }
        }
    }

    // False when the call has been cancelled: it has ended then, and nothing must be waited for.
    private bool TryEnterWait(Wait wait)
    {
        lock (_gate)
        {
            if (_cancelReason == InferenceError.None)
            {
                _wait = wait;
                return true;
            }
        }

        FailCancelled();
        return false;
    }

    // Ends the call when it was cancelled meanwhile.
    private void LeaveWait()
    {
        bool cancelled;
        lock (_gate)
        {
            _wait = Wait.None;
            cancelled = _cancelReason != InferenceError.None;
        }

        if (cancelled)
        {
            FailCancelled();
        }
    }

    private void FailCancelled() => Fail(new ServingFault(_cancelReason.ToStatus()));
}
