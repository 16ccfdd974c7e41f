using Ovms.Runtime.Memory;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>Where a value of a plan comes from.</summary>
internal enum ValueSource
{
    /// <summary>Not used by this plan.</summary>
    None,

    /// <summary>An input of the graph; its memory is the caller's.</summary>
    Input,

    /// <summary>Known while planning: a constant, or something that only depends on shapes.</summary>
    Known,

    /// <summary>Memory of the arena.</summary>
    Arena,

    /// <summary>The bytes of another value.</summary>
    Alias,

    /// <summary>Type and shape are found while running.</summary>
    Dynamic,
}

/// <summary>One value of a plan.</summary>
/// <param name="Source">Where it comes from.</param>
/// <param name="Type">Element type; unknown for <see cref="ValueSource.Dynamic"/>.</param>
/// <param name="Shape">Shape; unknown for <see cref="ValueSource.Dynamic"/>.</param>
/// <param name="Known">The value itself, for <see cref="ValueSource.Known"/>.</param>
/// <param name="Root">The value whose bytes these are, for <see cref="ValueSource.Alias"/>.</param>
internal sealed record PlannedValue(ValueSource Source, ElementType Type, Shape Shape, TensorValue? Known, int Root)
{
    /// <summary>Place in the arena, set when memory is planned.</summary>
    public int Offset { get; set; }
}

/// <summary>One step: an operation, or (without one) the conversion of value <paramref name="Inputs"/>[0] to its f32 twin.</summary>
/// <param name="Operation">The operation; null for a conversion.</param>
/// <param name="Inputs">Numbers of the values read; −1 for an absent optional input.</param>
/// <param name="Outputs">Numbers of the values written.</param>
/// <param name="IsDynamic">Shapes are inferred while running.</param>
/// <param name="State">What the operation prepared; null for dynamic steps.</param>
/// <param name="ScratchBytes">Scratch memory wanted.</param>
internal sealed record PlannedStep(Operation? Operation, int[] Inputs, int[] Outputs, bool IsDynamic, object? State, int ScratchBytes)
{
    /// <summary>Place of the scratch memory in the arena, set when memory is planned.</summary>
    public int ScratchOffset { get; set; }
}

/// <summary>A graph compiled for one set of input shapes: steps in order and where every value lies. Immutable; shared by all requests.</summary>
internal sealed class Plan : IDisposable
{
    private readonly List<TensorMemory> _memory;

    /// <summary>A plan; it owns <paramref name="memory"/>, which holds the known values.</summary>
    public Plan(ExecutionGraph graph, Shape[] inputShapes, PlannedValue?[] values, PlannedStep[] steps, int[] results, int arenaBytes, List<TensorMemory> memory)
    {
        (Graph, InputShapes, Values, Steps, Results, ArenaBytes, _memory) = (graph, inputShapes, values, steps, results, arenaBytes, memory);
    }

    /// <summary>The graph.</summary>
    public ExecutionGraph Graph { get; }

    /// <summary>Shapes of the graph's inputs.</summary>
    public Shape[] InputShapes { get; }

    /// <summary>All values by number, twins included.</summary>
    public PlannedValue?[] Values { get; }

    /// <summary>The steps in order.</summary>
    public PlannedStep[] Steps { get; }

    /// <summary>Numbers of the values that are the graph's results.</summary>
    public int[] Results { get; }

    /// <summary>Memory one request needs for all values between.</summary>
    public int ArenaBytes { get; }

    /// <summary>Whether the plan is for these shapes.</summary>
    public bool Matches(ReadOnlySpan<Shape> shapes) => shapes.SequenceEqual(InputShapes);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var memory in _memory)
        {
            memory.Dispose();
        }

        _memory.Clear();
    }
}
