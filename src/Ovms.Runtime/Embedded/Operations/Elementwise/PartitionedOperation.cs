using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>An operation whose work is a number of independent units (elements, rows, channels), shared between threads when it is
/// large.</summary>
internal abstract class PartitionedOperation(GraphNode node) : Operation(node)
{
    // A part below about this many elements costs less than waking a worker (some ten microseconds at two to four elements a nanosecond).
    private const int MinPartElements = 64 * 1024;

    /// <summary>Parts begin at multiples of this many units, so that two threads never write one cache line of a byte tensor.</summary>
    private const int UnitAlignment = 64;

    /// <summary>Runs <paramref name="units"/> units of about <paramref name="elementsPerUnit"/> elements each.</summary>
    protected void RunUnits(OperationContext context, int units, int elementsPerUnit)
    {
        var parts = (int)Math.Min((long)units * elementsPerUnit / MinPartElements, Math.Min(context.Workers.Width, units));
        if (units == 0)
        {
            return;
        }

        if (parts < 2)
        {
            RunUnits(context, 0, units, 0);
            return;
        }

        // Made once for a request, the first time that it is large enough.
        var job = context.RunState as Job ?? new Job(this, context);
        context.RunState = job;
        var perPart = (units + parts - 1) / parts;
        job.UnitsPerPart = elementsPerUnit == 1 ? (perPart + UnitAlignment - 1) / UnitAlignment * UnitAlignment : perPart;
        job.Units = units;
        context.Workers.Run(job, parts);
    }

    /// <summary>Does the units in [<paramref name="start"/>, <paramref name="end"/>); <paramref name="part"/> is below the width of the
    /// pool and unique among the parts running.</summary>
    protected abstract void RunUnits(OperationContext context, int start, int end, int part);

    private sealed class Job(PartitionedOperation operation, OperationContext context) : IParallelWork
    {
        public int Units { get; set; }

        public int UnitsPerPart { get; set; }

        public void Run(int part)
        {
            var start = (int)Math.Min((long)part * UnitsPerPart, Units);
            var end = Math.Min(start + UnitsPerPart, Units);
            if (start < end)
            {
                operation.RunUnits(context, start, end, part);
            }
        }
    }
}
