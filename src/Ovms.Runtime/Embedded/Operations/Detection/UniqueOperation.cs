using System.Numerics;
using Ovms.Runtime.Embedded.Operations.Movement;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>Unique-10: distinct elements, or slices along an axis; first occurrences, where each element went, and counts.</summary>
internal sealed class UniqueOperation : Operation
{
    private readonly bool _sorted;
    private readonly ElementType _indexType;
    private readonly ElementType _countType;

    public UniqueOperation(GraphNode node)
        : base(node)
    {
        _sorted = node.Attributes.GetBool("sorted", true);
        _indexType = node.Attributes.GetElementType("index_element_type", ElementType.I64);
        _countType = node.Attributes.GetElementType("count_element_type", ElementType.I64);
        if (_indexType is not (ElementType.I32 or ElementType.I64) || _countType is not (ElementType.I32 or ElementType.I64))
        {
            throw node.Error("index_element_type and count_element_type must be i32 or i64");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        if (!NumberDispatch.Supports(data.Type))
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        if (!data.HasData || (context.HasInput(1) && !context.Input(1).HasData))
        {
            return false;
        }

        var work = Find(context);
        var shape = data.Shape;
        if (work.Axis >= 0)
        {
            shape[work.Axis] = work.Groups;
        }

        context.SetOutput(0, data.Type, work.Axis >= 0 ? shape : new Shape(work.Groups));
        for (var i = 1; i < context.OutputCount; i++)
        {
            context.SetOutput(i, i == 3 ? _countType : _indexType, new Shape(i == 2 ? work.Items : work.Groups));
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var work = context.RunState as Workspace;
        if (work is null || work.Groups != Groups(context, work.Axis))
        {
            work = Find(context);
        }

        var (data, output) = (context.Input(0), context.Output(0));
        var shape = data.Shape;
        var inner = work.Axis < 0 ? 1 : shape.Product(work.Axis + 1, shape.Rank);
        var outer = work.Axis < 0 ? 1 : shape.Product(0, work.Axis);
        for (var g = 0; g < work.Groups; g++)
        {
            var copy = default(StridedCopy);
            copy.Add(outer, work.Items * inner, work.Groups * inner);
            copy.Add(inner, 1, 1);
            copy.Run(data.Type.ByteSize(), data.Bytes, work.First[g] * inner, output.Bytes, g * inner);
            Write(context, 1, g, work.First[g]);
            Write(context, 3, g, work.Counts[g]);
        }

        for (var i = 0; i < work.Items; i++)
        {
            Write(context, 2, i, work.GroupOf[i]);
        }
    }

    private static long Groups(OperationContext context, int axis) => axis < 0 ? context.Output(0).Count : context.Output(0).Shape[axis];

    private static void Write(OperationContext context, int output, int index, int value)
    {
        if (output >= context.OutputCount || !context.Output(output).HasData)
        {
            return;
        }

        if (context.Output(output).Type == ElementType.I64)
        {
            context.Output(output).As<long>()[index] = value;
        }
        else
        {
            context.Output(output).As<int>()[index] = value;
        }
    }

    private Workspace Find(OperationContext context)
    {
        var work = context.RunState as Workspace ?? new Workspace();
        context.RunState = work;
        var shape = context.Input(0).Shape;
        work.Axis = -1;
        if (context.HasInput(1))
        {
            var axis = context.Input(1).Count == 1 ? IntegerReader.Read(context.Input(1), 0) : null;
            work.Axis = axis >= -shape.Rank && axis < shape.Rank ? (int)(axis < 0 ? axis + shape.Rank : axis).Value
                : throw Node.Error("axis must be one integer within the rank");
        }

        work.Reserve(work.Axis < 0 ? context.Input(0).Count : (int)shape[work.Axis]);
        var kernel = new Kernel(this, context, work);
        NumberDispatch.Run(context.Input(0).Type, ref kernel);
        return work;
    }

    private void Find<T>(OperationContext context, Workspace work)
        where T : unmanaged, INumber<T>
    {
        var shape = context.Input(0).Shape;
        var order = new SliceOrder<T>(
            context.Input(0).As<T>(),
            work.Axis < 0 ? 1 : (int)shape.Product(0, work.Axis),
            work.Items,
            work.Axis < 0 ? 1 : (int)shape.Product(work.Axis + 1, shape.Rank));
        var sorted = work.Sorted.AsSpan(0, work.Items);
        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[i] = i;
        }

        IndexSort.Sort(sorted, work.GroupOf, order);
        work.Groups = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            // The sort is stable: the first of a run is the first occurrence.
            if (i == 0 || order.Compare(sorted[i - 1], sorted[i]) != 0)
            {
                (work.First[work.Groups], work.Counts[work.Groups]) = (sorted[i], 0);
                work.Groups++;
            }

            work.GroupOf[sorted[i]] = work.Groups - 1;
            work.Counts[work.Groups - 1]++;
        }

        if (!_sorted)
        {
            work.OrderByOccurrence();
        }
    }

    private readonly ref struct Kernel(UniqueOperation owner, OperationContext context, Workspace work) : INumberKernel
    {
        public void Run<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T> => owner.Find<T>(context, work);
    }

    /// <summary>Lexicographic order of slices.</summary>
    private readonly ref struct SliceOrder<T>(ReadOnlySpan<T> data, int outer, int items, int inner) : IIndexOrder
        where T : unmanaged, INumber<T>
    {
        private readonly ReadOnlySpan<T> _data = data;

        public int Compare(int left, int right)
        {
            for (var o = 0; o < outer; o++)
            {
                for (var i = 0; i < inner; i++)
                {
                    var (a, b) = (_data[(((o * items) + left) * inner) + i], _data[(((o * items) + right) * inner) + i]);
                    if (a != b)
                    {
                        return a < b ? -1 : 1;
                    }
                }
            }

            return 0;
        }
    }

    /// <summary>Buffers of one request, kept between runs.</summary>
    private sealed class Workspace
    {
        public int Axis { get; set; } = -1;

        public int Items { get; private set; }

        public int Groups { get; set; }

        public int[] Sorted { get; private set; } = [];

        public int[] First { get; private set; } = [];

        public int[] Counts { get; private set; } = [];

        public int[] GroupOf { get; private set; } = [];

        public void Reserve(int items)
        {
            Items = items;
            if (Sorted.Length < items)
            {
                (Sorted, First, Counts, GroupOf) = (new int[items], new int[items], new int[items], new int[items]);
            }
        }

        /// <summary>Renumbers the groups in the order in which they first occur.</summary>
        public void OrderByOccurrence()
        {
            var next = 0;
            var renamed = Sorted;
            Array.Fill(renamed, -1, 0, Groups);
            for (var i = 0; i < Items; i++)
            {
                ref var name = ref renamed[GroupOf[i]];
                name = name < 0 ? next++ : name;
                GroupOf[i] = name;
            }

            Array.Clear(Counts, 0, Groups);
            for (var i = Items - 1; i >= 0; i--)
            {
                First[GroupOf[i]] = i;
                Counts[GroupOf[i]]++;
            }
        }
    }
}
