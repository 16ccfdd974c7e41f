using System.Runtime.ExceptionServices;

namespace Ovms.Runtime.Embedded;

/// <summary>Worker threads that wait for one job at a time. A caller that finds the pool busy does its work alone: sharing threads between two
/// requests would make both slower.</summary>
internal sealed class ThreadWorkerPool : WorkerPool, IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly ManualResetEventSlim _idle = new(initialState: true);
    private readonly Thread[] _threads;

    // Under _gate.
    private IParallelWork? _work;
    private int _active;
    private bool _disposed;
    private Exception? _failure;

    // Interlocked.
    private int _busy;
    private int _ending;
    private int _next;
    private int _parts;

    /// <summary>A pool of <paramref name="width"/> threads, the caller's included.</summary>
    public ThreadWorkerPool(int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        Width = width;
        _threads = new Thread[width - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Loop) { IsBackground = true, Name = "ovms worker" };
            _threads[i].Start();
        }
    }

    /// <inheritdoc/>
    public override int Width { get; }

    /// <inheritdoc/>
    public override void Run(IParallelWork work, int parts)
    {
        if (parts <= 1 || Width == 1 || Interlocked.Exchange(ref _busy, 1) == 1)
        {
            Inline.Run(work, parts);
            return;
        }

        try
        {
            Volatile.Write(ref _parts, parts);
            Volatile.Write(ref _next, 0);
            lock (_gate)
            {
                (_work, _failure) = (work, null);
            }

            _wake.Release(Math.Min(parts, Width) - 1);
            try
            {
                DoParts(work);
            }
            finally
            {
                // Nobody joins any more; who joined is waited for, since parts refer to the caller's memory.
                Close();
            }
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Waits for the job that runs. Later jobs run on their callers, as in a pool that is busy for ever.</remarks>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _ending, 1) == 1)
        {
            return;
        }

        var wait = new SpinWait();
        while (Interlocked.Exchange(ref _busy, 1) == 1)
        {
            wait.SpinOnce();
        }

        lock (_gate)
        {
            _disposed = true;
        }

        _wake.Release(Math.Max(_threads.Length, 1));
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _wake.Dispose();
        _idle.Dispose();
    }

    private void Close()
    {
        lock (_gate)
        {
            _work = null;
            if (_active > 0)
            {
                _idle.Reset();
            }
        }

        _idle.Wait();
        if (_failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private void DoParts(IParallelWork work)
    {
        for (int part; (part = Interlocked.Increment(ref _next) - 1) < Volatile.Read(ref _parts);)
        {
            work.Run(part);
        }
    }

    private void Loop()
    {
        while (true)
        {
            _wake.Wait();
            IParallelWork? work;
            lock (_gate)
            {
                if (_disposed)
                {
                    return;
                }

                // Woken too late: the caller has done everything itself.
                if ((work = _work) is null)
                {
                    continue;
                }

                _active++;
            }

            Exception? failure = null;
            try
            {
                DoParts(work);
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            lock (_gate)
            {
                _failure ??= failure;
                if (--_active == 0)
                {
                    _idle.Set();
                }
            }
        }
    }
}
