namespace Ovms.Runtime.Embedded;

/// <summary>Threads that share the work of one large kernel.</summary>
/// <remarks>A kernel splits its work into parts and calls <see cref="Run"/>; parts run on the calling thread and on free workers. The pool is
/// small and shared by all models; a busy pool simply runs everything on the caller.</remarks>
internal abstract class WorkerPool
{
    /// <summary>A pool without workers: every part runs on the caller.</summary>
    public static WorkerPool Inline { get; } = new InlinePool();

    /// <summary>Largest number of threads that work at once, the caller included.</summary>
    public abstract int Width { get; }

    /// <summary>Runs <c>work.Run(part)</c> for every part in [0, <paramref name="parts"/>) and returns when all have ended.</summary>
    public abstract void Run(IParallelWork work, int parts);

    private sealed class InlinePool : WorkerPool
    {
        public override int Width => 1;

        public override void Run(IParallelWork work, int parts)
        {
            for (var part = 0; part < parts; part++)
            {
                work.Run(part);
            }
        }
    }
}

/// <summary>Work that splits into independent parts. Kept by a request and reused, so that running it allocates nothing.</summary>
internal interface IParallelWork
{
    /// <summary>Does one part; called once for each, possibly at the same time on different threads.</summary>
    void Run(int part);
}
