using System.Numerics;
using System.Runtime.InteropServices;
using Ovms.Runtime.Embedded.Operations.Movement;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>TopK-1, -3 and -11: the k largest or smallest elements along an axis and their indices (IR sheet §14.11).</summary>
/// <remarks>Ties go to the lower index in every variant, which is what <c>stable</c> asks for and what the others leave open. A heap of k
/// indices per line keeps the work at n·log k and needs no copy of the values.</remarks>
internal sealed class TopKOperation : Operation
{
    private readonly long _axis;
    private readonly bool _largest;
    private readonly bool _byIndex;
    private readonly ElementType _indexType;

    public TopKOperation(GraphNode node, bool hasIndexType)
        : base(node)
    {
        _axis = node.Attributes.GetInt("axis");
        _largest = node.Attributes.GetEnum("mode", "") switch
        {
            "max" => true,
            "min" => false,
            var other => throw node.Error($"mode \"{other}\" is not known"),
        };
        _byIndex = node.Attributes.GetEnum("sort", "") switch
        {
            "index" => true,
            "value" or "none" => false,
            var other => throw node.Error($"sort \"{other}\" is not known"),
        };
        _indexType = hasIndexType ? node.Attributes.GetElementType("index_element_type", ElementType.I32) : ElementType.I32;
        if (_indexType is not (ElementType.I32 or ElementType.I64) || node.Inputs.Length < 2)
        {
            throw node.Error("index_element_type must be i32 or i64, and k connected");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, count) = (context.Input(0), context.Input(1));
        if (!count.HasData)
        {
            return false;
        }

        var k = count.Count == 1 ? IntegerReader.Read(count, 0) : null;
        var rank = data.Shape.Rank;
        if (_axis < -rank || _axis >= rank || k is null or < 0 || !NumberDispatch.Supports(data.Type))
        {
            throw Node.Error($"axis {_axis} or k does not go with data {data.Shape} of {data.Type.IrName()}");
        }

        // k above the dimension takes everything, as upstream does for a bounded k.
        var shape = data.Shape;
        var axis = Axis(rank);
        shape[axis] = Math.Min(k.Value, shape[axis]);
        context.SetOutput(0, data.Type, shape);
        if (context.OutputCount > 1)
        {
            context.SetOutput(1, _indexType, shape);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Prepare(OperationContext context)
    {
        var shape = context.Output(0).Shape;
        context.RequestScratch(checked((int)shape[Axis(shape.Rank)] * sizeof(int)));
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        if (context.Output(0).Count > 0)
        {
            var kernel = new Kernel(this, context);
            NumberDispatch.Run(context.Input(0).Type, ref kernel);
        }
    }

    private int Axis(int rank) => (int)(_axis < 0 ? _axis + rank : _axis);

    private void Run<T>(OperationContext context)
        where T : unmanaged, INumber<T>
    {
        var shape = context.Input(0).Shape;
        var axis = Axis(shape.Rank);
        var (size, inner, outer) = ((int)shape[axis], (int)shape.Product(axis + 1, shape.Rank), (int)shape.Product(0, axis));
        var k = (int)context.Output(0).Shape[axis];
        var heap = MemoryMarshal.Cast<byte, int>(context.Scratch)[..k];
        ReadOnlySpan<T> values = context.Input(0).As<T>();
        var output = context.Output(0).As<T>();
        for (var o = 0; o < outer; o++)
        {
            for (var i = 0; i < inner; i++)
            {
                var line = new Line<T>(values.Slice((o * size * inner) + i), inner, _largest);
                line.Select(heap, size);
                if (_byIndex)
                {
                    heap.Sort();
                }

                for (var j = 0; j < k; j++)
                {
                    var position = (((o * k) + j) * inner) + i;
                    output[position] = line[heap[j]];
                    WriteIndex(context, position, heap[j]);
                }
            }
        }
    }

    private void WriteIndex(OperationContext context, int position, int index)
    {
        if (context.OutputCount < 2 || !context.Output(1).HasData)
        {
            return;
        }

        if (_indexType == ElementType.I64)
        {
            context.Output(1).As<long>()[position] = index;
        }
        else
        {
            context.Output(1).As<int>()[position] = index;
        }
    }

    private readonly ref struct Kernel(TopKOperation owner, OperationContext context) : INumberKernel
    {
        public void Run<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T> => owner.Run<T>(context);
    }

    /// <summary>One line of values along the axis.</summary>
    private readonly ref struct Line<T>(ReadOnlySpan<T> values, int stride, bool largest)
        where T : unmanaged, INumber<T>
    {
        private readonly ReadOnlySpan<T> _values = values;

        public T this[int index] => _values[index * stride];

        /// <summary>Fills <paramref name="heap"/> with the indices of the best elements, best first.</summary>
        public void Select(Span<int> heap, int size)
        {
            for (var i = 0; i < heap.Length; i++)
            {
                heap[i] = i;
            }

            for (var i = (heap.Length / 2) - 1; i >= 0; i--)
            {
                Sink(heap, i);
            }

            for (var i = heap.Length; i < size; i++)
            {
                if (Better(i, heap[0]))
                {
                    heap[0] = i;
                    Sink(heap, 0);
                }
            }

            // The root is the worst: taking roots off fills the span from its end.
            for (var end = heap.Length - 1; end > 0; end--)
            {
                (heap[0], heap[end]) = (heap[end], heap[0]);
                Sink(heap[..end], 0);
            }
        }

        private bool Better(int left, int right)
        {
            var (a, b) = (this[left], this[right]);
            return largest ? a > b || (a == b && left < right) : a < b || (a == b && left < right);
        }

        private void Sink(Span<int> heap, int at)
        {
            while (true)
            {
                var child = (2 * at) + 1;
                if (child >= heap.Length)
                {
                    return;
                }

                if (child + 1 < heap.Length && Better(heap[child], heap[child + 1]))
                {
                    child++;
                }

                if (!Better(heap[at], heap[child]))
                {
                    return;
                }

                (heap[at], heap[child]) = (heap[child], heap[at]);
                at = child;
            }
        }
    }
}
