using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>The plans of one graph, by input shapes: a bounded number, the one unused for the longest time goes first. Safe for concurrent use.</summary>
/// <remarks>A plan that goes is not disposed while a request still runs it: instances count themselves (<see cref="Acquire"/>, <see cref="Release"/>).</remarks>
internal sealed class PlanCache(ExecutionGraph graph, WorkerPool workers, int capacity = PlanCache.DefaultCapacity) : IDisposable
{
    /// <summary>Plans kept: more than the shapes of a bucketed client, few enough that their prepared state does not add up.</summary>
    public const int DefaultCapacity = 32;

    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];

    /// <summary>The plan for these shapes, compiled when it is not there. Given back by <see cref="Release"/>.</summary>
    /// <exception cref="Errors.ModelLoadException">The shapes cannot be executed.</exception>
    public Plan Acquire(ReadOnlySpan<Shape> shapes, ReadOnlySpan<ElementType> types)
    {
        lock (_gate)
        {
            for (var i = 0; i < _entries.Count; i++)
            {
                if (_entries[i].Plan.Matches(shapes))
                {
                    var found = _entries[i];
                    found.Users++;
                    _entries.RemoveAt(i);
                    _entries.Add(found);
                    return found.Plan;
                }
            }

            // Compiled under the lock: the same new shape in several requests is compiled once.
            var plan = PlanCompiler.Compile(graph, shapes, types, workers);
            for (var i = 0; _entries.Count >= capacity && i < _entries.Count;)
            {
                if (_entries[i].Users == 0)
                {
                    _entries[i].Plan.Dispose();
                    _entries.RemoveAt(i);
                }
                else
                {
                    i++;
                }
            }

            _entries.Add(new Entry(plan) { Users = 1 });
            return plan;
        }
    }

    /// <summary>Gives a plan back.</summary>
    public void Release(Plan plan)
    {
        lock (_gate)
        {
            foreach (var entry in _entries)
            {
                if (ReferenceEquals(entry.Plan, plan))
                {
                    entry.Users--;
                    return;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var entry in _entries)
            {
                entry.Plan.Dispose();
            }

            _entries.Clear();
        }
    }

    private sealed class Entry(Plan plan)
    {
        public Plan Plan { get; } = plan;

        public int Users { get; set; }
    }
}
