using Ovms.Runtime.Errors;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded;

/// <summary>Gives every value of a plan a place in one block, so that values which never live at the same time share memory.</summary>
/// <remarks>Greedy by size: the largest block first, each at the lowest offset that is free for its whole life. Lives count in steps; results live
/// to the end, scratch memory for its step.</remarks>
internal static class ArenaLayout
{
    /// <summary>Sets all offsets.</summary>
    /// <returns>Bytes of the arena.</returns>
    /// <exception cref="ModelLoadException">The arena would be larger than one block of memory.</exception>
    public static int Place(PlannedValue?[] values, PlannedStep[] steps, int[] results)
    {
        var blocks = Collect(values, steps, results);
        blocks.Sort(static (a, b) => a.Bytes != b.Bytes ? b.Bytes.CompareTo(a.Bytes) : a.First.CompareTo(b.First));
        var placed = new List<Block>(blocks.Count);
        long end = 0;
        foreach (var block in blocks)
        {
            block.Offset = LowestFree(placed, block);
            end = Math.Max(end, block.Offset + block.Bytes);
            if (end > TensorMemory.MaxLength)
            {
                throw new ModelLoadException($"the values of one inference take more than {TensorMemory.MaxLength} bytes");
            }

            // Kept in order of offsets, as the search below wants them.
            var index = placed.BinarySearch(block, Block.ByOffset);
            placed.Insert(index < 0 ? ~index : index, block);
            if (block.Value is { } value)
            {
                value.Offset = (int)block.Offset;
            }
            else
            {
                block.Step!.ScratchOffset = (int)block.Offset;
            }
        }

        return (int)end;
    }

    private static List<Block> Collect(PlannedValue?[] values, PlannedStep[] steps, int[] results)
    {
        var first = new int[values.Length];
        var last = new int[values.Length];
        Array.Fill(first, -1);
        var blocks = new List<Block>();
        for (var i = 0; i < steps.Length; i++)
        {
            foreach (var output in steps[i].Outputs)
            {
                first[output] = i;
                last[output] = i;
            }

            foreach (var input in steps[i].Inputs)
            {
                last[Root(values, input)] = i;
            }

            if (steps[i].ScratchBytes > 0)
            {
                blocks.Add(new Block { Step = steps[i], First = i, Last = i, Bytes = Align(steps[i].ScratchBytes) });
            }
        }

        foreach (var result in results)
        {
            last[Root(values, result)] = int.MaxValue;
        }

        // A value whose shape is found while running may be another's bytes: what it was made from then lives to the end.
        foreach (var step in steps)
        {
            if (step.IsDynamic)
            {
                foreach (var input in step.Inputs)
                {
                    last[Root(values, input)] = int.MaxValue;
                }
            }
        }

        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is { Source: ValueSource.Arena } value)
            {
                blocks.Add(new Block { Value = value, First = first[i], Last = last[i], Bytes = Align(value.Type.BytesFor(value.Shape.ElementCount)) });
            }
        }

        return blocks;
    }

    private static int Root(PlannedValue?[] values, int value)
    {
        while (values[value] is { Source: ValueSource.Alias } alias)
        {
            value = alias.Root;
        }

        return value;
    }

    private static long Align(long bytes) => Math.Max((bytes + TensorMemory.Alignment - 1) / TensorMemory.Alignment, 1) * TensorMemory.Alignment;

    private static long LowestFree(List<Block> placed, Block block)
    {
        long offset = 0;
        foreach (var other in placed)
        {
            if (other.First > block.Last || other.Last < block.First)
            {
                continue;
            }

            if (other.Offset - offset >= block.Bytes)
            {
                break;
            }

            offset = Math.Max(offset, other.Offset + other.Bytes);
        }

        return offset;
    }

    private sealed class Block
    {
        public static IComparer<Block> ByOffset { get; } = Comparer<Block>.Create(static (a, b) => a.Offset.CompareTo(b.Offset));

        public PlannedValue? Value { get; init; }

        public PlannedStep? Step { get; init; }

        public int First { get; init; }

        public int Last { get; init; }

        public long Bytes { get; init; }

        public long Offset { get; set; }
    }
}
