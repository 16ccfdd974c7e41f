using Ovms.Runtime.Embedded.Kernels;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>Attention for one set of shapes: scores and weights of one product at a time for each thread.</summary>
internal sealed unsafe class AttentionPlan
{
    private readonly AttentionShapes _shapes;
    private readonly bool _causal;
    private readonly GemmLayout _scores;
    private readonly GemmLayout _sums;
    private readonly int _parts;
    private readonly int _partFloats;

    public AttentionPlan(AttentionShapes shapes, bool causal, int width)
    {
        (_shapes, _causal) = (shapes, causal);
        _scores = new GemmLayout(GemmMicroKernel.Best, shapes.L, shapes.S, shapes.E, 1, false, false, 1);
        _sums = new GemmLayout(GemmMicroKernel.Best, shapes.L, shapes.V, shapes.S, 1, false, false, 1);

        // Some 20 µs of work on one core; below that another thread costs more than it saves.
        var work = (long)shapes.Batches * shapes.L * shapes.S * (shapes.E + shapes.V);
        _parts = work < 2_000_000 ? 1 : Math.Min(width, Math.Max(shapes.Batches, 1));
        _partFloats = checked(GemmLayout.Align(shapes.L * shapes.S) + Math.Max(_scores.PartScratchFloats, _sums.PartScratchFloats));
    }

    /// <summary>Scratch memory for all parts.</summary>
    public int ScratchBytes => checked(_parts * _partFloats * sizeof(float));

    /// <summary>Computes the result.</summary>
    public void Run(OperationContext context)
    {
        if (context.Output(0).Count == 0)
        {
            return;
        }

        var job = context.RunState as AttentionJob;
        if (job is null || job.Width < _parts)
        {
            context.RunState = job = new AttentionJob(_parts);
        }

        // SAFETY: the plan gives every request scratch memory of the size asked for; it does not move.
        fixed (byte* scratch = context.Scratch)
        {
            job.Execute(context, _shapes, _causal, _scores, _sums, (float*)scratch, _partFloats, _parts);
        }
    }
}
