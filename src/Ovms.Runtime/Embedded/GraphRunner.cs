using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>Runs one graph for one request (or one iteration of a body): picks the plan for the shapes at hand and keeps a few instances, so
/// that alternating shapes neither compile nor allocate again. Not safe for concurrent use.</summary>
internal sealed class GraphRunner(PlanCache plans, WorkerPool workers, RunControl control) : IDisposable
{
    /// <summary>Instances kept by one request; each holds an arena.</summary>
    private const int MaxInstances = 4;

    private readonly PlanInstance?[] _instances = new PlanInstance?[MaxInstances];

    /// <summary>The instance for these shapes; most recently used first.</summary>
    /// <exception cref="ModelLoadException">The shapes cannot be executed.</exception>
    public PlanInstance Select(ReadOnlySpan<Shape> shapes, ReadOnlySpan<ElementType> types)
    {
        var last = 0;
        for (; last < MaxInstances && _instances[last] is { } instance; last++)
        {
            if (instance.Plan.Matches(shapes))
            {
                MoveToFront(instance, last);
                return instance;
            }
        }

        var plan = plans.Acquire(shapes, types);
        try
        {
            if (last == MaxInstances)
            {
                last--;
                Drop(_instances[last]!);
                _instances[last] = null;
            }

            var made = Make(plan, ref last);
            MoveToFront(made, last);
            return made;
        }
        catch
        {
            plans.Release(plan);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var i = 0; i < MaxInstances && _instances[i] is { } instance; i++)
        {
            Drop(instance);
            _instances[i] = null;
        }
    }

    /// <summary>An instance; where there is no memory for it, those of other shapes give theirs up.</summary>
    private PlanInstance Make(Plan plan, ref int last)
    {
        try
        {
            return new PlanInstance(plan, workers, control);
        }
        catch (OutOfMemoryException) when (last > 0)
        {
            Dispose();
            last = 0;
            return new PlanInstance(plan, workers, control);
        }
    }

    private void MoveToFront(PlanInstance instance, int from)
    {
        Array.Copy(_instances, 0, _instances, 1, from);
        _instances[0] = instance;
    }

    private void Drop(PlanInstance instance)
    {
        instance.Dispose();
        plans.Release(instance.Plan);
    }
}
