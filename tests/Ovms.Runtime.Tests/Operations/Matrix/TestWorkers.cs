using Ovms.Runtime.Embedded;

namespace Ovms.Runtime.Tests.Operations.Matrix;

/// <summary>A pool with real threads and no allocation per run, for tests of kernels.</summary>
internal sealed class TestWorkers : WorkerPool, IDisposable
{
    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _start = new(0);
    private readonly SemaphoreSlim _end = new(0);
    private IParallelWork? _work;
    private int _next;
    private int _parts;
    private volatile bool _stopping;

    public TestWorkers(int width)
    {
        Width = width;
        _threads = new Thread[width - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Loop) { IsBackground = true };
            _threads[i].Start();
        }
    }

    public override int Width { get; }

    public override void Run(IParallelWork work, int parts)
    {
        (_work, _parts, _next) = (work, parts, 0);
        if (_threads.Length > 0)
        {
            _start.Release(_threads.Length);
        }

        Drain();
        for (var i = 0; i < _threads.Length; i++)
        {
            _end.Wait();
        }
    }

    public void Dispose()
    {
        _stopping = true;
        if (_threads.Length > 0)
        {
            _start.Release(_threads.Length);
        }

        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _start.Dispose();
        _end.Dispose();
    }

    private void Loop()
    {
        while (true)
        {
            _start.Wait();
            if (_stopping)
            {
                return;
            }

            Drain();
            _end.Release();
        }
    }

    private void Drain()
    {
        while (Interlocked.Increment(ref _next) - 1 is var part && part < _parts)
        {
            _work!.Run(part);
        }
    }
}
