using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>The plans of one graph, by input shapes: a bounded number, the one unused for the longest time goes first. Safe for concurrent use.</summary>
/// <remarks>A plan that goes is not disposed while a request still runs it: instances count themselves (<see cref="Acquire"/>, <see cref="Release"/>).
/// A shape is compiled once; who wants the same one meanwhile waits for it, all others go on.</remarks>
internal sealed class PlanCache(ExecutionGraph graph, WorkerPool workers, int capacity = PlanCache.DefaultCapacity) : IDisposable
{
    /// <summary>Plans kept: more than the shapes of a bucketed client, few enough that their prepared state does not add up.</summary>
    public const int DefaultCapacity = 32;

    private readonly Lock _gate = new();

    // Least recently used first.
    private readonly List<Entry> _entries = [];

    /// <summary>Plans kept now, those being compiled included.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The plan for these shapes, compiled when it is not there. Given back by <see cref="Release"/>.</summary>
    /// <exception cref="Errors.ModelLoadException">The shapes cannot be executed.</exception>
    public Plan Acquire(ReadOnlySpan<Shape> shapes, ReadOnlySpan<ElementType> types)
    {
        while (true)
        {
            var (entry, isNew) = FindOrAdd(shapes);
            if (isNew)
            {
                return Compile(entry, types);
            }

            if (entry.Plan is { } plan)
            {
                return plan;
            }

            // Entered by its maker before others could see the entry, left when the plan is there or has failed.
            lock (entry.Making)
            {
            }

            if (entry.Plan is { } made)
            {
                return made;
            }

            // It failed; the entry is gone. Trying once more gives this caller an error of its own.
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
                    Trim();
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
                entry.Plan?.Dispose();
            }

            _entries.Clear();
        }
    }

    private (Entry Entry, bool IsNew) FindOrAdd(ReadOnlySpan<Shape> shapes)
    {
        lock (_gate)
        {
            for (var i = 0; i < _entries.Count; i++)
            {
                if (shapes.SequenceEqual(_entries[i].Shapes))
                {
                    var found = _entries[i];
                    found.Users++;
                    _entries.RemoveAt(i);
                    _entries.Add(found);
                    return (found, false);
                }
            }

            var entry = new Entry(shapes.ToArray()) { Users = 1 };
            entry.Making.Enter();
            _entries.Add(entry);
            Trim();
            return (entry, true);
        }
    }

    private Plan Compile(Entry entry, ReadOnlySpan<ElementType> types)
    {
        try
        {
            var plan = PlanCompiler.Compile(graph, entry.Shapes, types, workers);
            entry.Plan = plan;
            return plan;
        }
        catch
        {
            lock (_gate)
            {
                _entries.Remove(entry);
            }

            throw;
        }
        finally
        {
            entry.Making.Exit();
        }
    }

    /// <summary>Drops unused plans beyond the capacity, oldest first.</summary>
    private void Trim()
    {
        for (var i = 0; _entries.Count > capacity && i < _entries.Count;)
        {
            if (_entries[i].Users == 0)
            {
                _entries[i].Plan!.Dispose();
                _entries.RemoveAt(i);
            }
            else
            {
                i++;
            }
        }
    }

    private sealed class Entry(Shape[] shapes)
    {
        private volatile Plan? _plan;

        public Shape[] Shapes { get; } = shapes;

        /// <summary>Null while it is being compiled, and after that failed.</summary>
        public Plan? Plan
        {
            get => _plan;
            set => _plan = value;
        }

        public int Users { get; set; }

        /// <summary>Held while the plan is made.</summary>
        public Lock Making { get; } = new();
    }
}
