namespace Ovms.Runtime.Embedded.Operations.Pooling;

/// <summary>Planes of one pool shared out among threads. Kept by a request and reused.</summary>
internal sealed class PoolJob : IParallelWork
{
    // Window elements below which one thread is faster (some 20 µs).
    private const long ParallelThreshold = 100_000;

    private OperationContext _context = null!;
    private PlanePool _pool = null!;
    private int _parts;

    /// <summary>Runs <paramref name="pool"/> on all planes of the context's tensors.</summary>
    public static void Execute(OperationContext context, PlanePool pool)
    {
        if (context.Output(0).Count == 0)
        {
            return;
        }

        var job = context.RunState as PoolJob;
        if (job is null)
        {
            context.RunState = job = new PoolJob();
        }

        (job._context, job._pool) = (context, pool);
        var work = (long)context.Output(0).Count * pool.Geometry.Taps;
        job._parts = work < ParallelThreshold ? 1 : Math.Min(pool.Geometry.Planes, context.Workers.Width);
        if (job._parts > 1)
        {
            context.Workers.Run(job, job._parts);
        }
        else
        {
            job.Run(0);
        }
    }

    public void Run(int part)
    {
        var planes = (long)_pool.Geometry.Planes;
        _pool.Run(_context, (int)(planes * part / _parts), (int)(planes * (part + 1) / _parts));
    }
}

/// <summary>A pool for one set of shapes; works plane by plane.</summary>
internal abstract class PlanePool(PoolGeometry geometry)
{
    /// <summary>Sizes.</summary>
    public PoolGeometry Geometry { get; } = geometry;

    /// <summary>Computes planes [<paramref name="first"/>, <paramref name="end"/>).</summary>
    public abstract void Run(OperationContext context, int first, int end);
}
