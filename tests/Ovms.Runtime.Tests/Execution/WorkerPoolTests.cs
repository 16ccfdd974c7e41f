using Ovms.Runtime.Embedded;

namespace Ovms.Runtime.Tests.Execution;

/// <summary>The threads that share large kernels.</summary>
public sealed class WorkerPoolTests
{
    [Fact]
    public void Run_ManyJobs_RunsEveryPartOnce()
    {
        using var pool = new ThreadWorkerPool(4);
        for (var job = 0; job < 2000; job++)
        {
            var counts = new int[1 + (job % 37)];
            pool.Run(new Work(part => Interlocked.Increment(ref counts[part])), counts.Length);
            Assert.All(counts, static count => Assert.Equal(1, count));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Run_PartThrows_CallerGetsTheExceptionAndThePoolGoesOn(int bad)
    {
        using var pool = new ThreadWorkerPool(4);
        for (var round = 0; round < 50; round++)
        {
            var error = Assert.Throws<InvalidDataException>(() => pool.Run(new Work(part => _ = part == bad ? throw new InvalidDataException("bad") : part), 8));
            Assert.Equal("bad", error.Message);
        }

        var sum = 0;
        pool.Run(new Work(part => Interlocked.Add(ref sum, part)), 5);
        Assert.Equal(10, sum);
    }

    [Fact]
    public void Run_PoolIsBusy_RunsOnTheCaller()
    {
        using var pool = new ThreadWorkerPool(2);
        using var inside = new CountdownEvent(2);
        using var leave = new ManualResetEventSlim();
        var holder = new Thread(() => pool.Run(
            new Work(_ =>
            {
                inside.Signal();
                leave.Wait(TestContext.Current.CancellationToken);
            }),
            2));
        holder.Start();
        inside.Wait(TestContext.Current.CancellationToken);
        var threads = new HashSet<int>();

        pool.Run(new Work(_ => threads.Add(Environment.CurrentManagedThreadId)), 10);

        Assert.Equal([Environment.CurrentManagedThreadId], threads);
        leave.Set();
        holder.Join();
    }

    [Fact]
    public void Run_WithinAPart_RunsAllInnerParts()
    {
        using var pool = new ThreadWorkerPool(3);
        var count = 0;

        pool.Run(new Work(_ => pool.Run(new Work(_ => Interlocked.Increment(ref count)), 5)), 7);

        Assert.Equal(35, count);
    }

    [Fact]
    public void Run_FromManyThreads_RunsEveryPartOnce()
    {
        using var pool = new ThreadWorkerPool(3);
        var counts = new int[8][];
        var threads = Enumerable.Range(0, 8).Select(i => new Thread(() =>
        {
            counts[i] = new int[9];
            for (var round = 0; round < 500; round++)
            {
                pool.Run(new Work(part => Interlocked.Increment(ref counts[i][part])), 9);
            }
        })).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());

        Assert.All(counts, static parts => Assert.All(parts, static count => Assert.Equal(500, count)));
    }

    [Fact]
    public void Dispose_TwiceAndWhileUsed_LaterJobsRunOnTheirCallers()
    {
        var pool = new ThreadWorkerPool(3);
        var count = 0;
        using var started = new ManualResetEventSlim();
        var user = new Thread(() =>
        {
            for (var round = 0; round < 2000; round++)
            {
                pool.Run(new Work(_ => Interlocked.Increment(ref count)), 4);
                started.Set();
            }
        });
        user.Start();
        started.Wait(TestContext.Current.CancellationToken);

        pool.Dispose();
        pool.Dispose();
        user.Join();

        Assert.Equal(8000, count);
    }

    private sealed class Work(Action<int> run) : IParallelWork
    {
        public void Run(int part) => run(part);
    }
}
