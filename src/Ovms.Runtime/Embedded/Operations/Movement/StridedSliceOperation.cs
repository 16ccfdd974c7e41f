using System.Runtime.CompilerServices;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>StridedSlice-1: begin, end and stride per position with TensorFlow's masks (IR sheet §14.9).</summary>
internal sealed class StridedSliceOperation : MovementOperation
{
    private readonly bool[] _beginMask;
    private readonly bool[] _endMask;
    private readonly bool[] _newAxis;
    private readonly bool[] _shrinkAxis;
    private readonly bool[] _ellipsis;

    public StridedSliceOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(3);
        (_beginMask, _endMask) = (Mask("begin_mask"), Mask("end_mask"));
        (_newAxis, _shrinkAxis, _ellipsis) = (Mask("new_axis_mask"), Mask("shrink_axis_mask"), Mask("ellipsis_mask"));
        var length = 0;
        foreach (var mask in new[] { _beginMask, _endMask, _newAxis, _shrinkAxis, _ellipsis })
        {
            length = mask.Length == 0 || length == 0 || mask.Length == length ? Math.Max(length, mask.Length)
                : throw node.Error("the masks differ in length");
        }

        if (Array.FindAll(_ellipsis, static bit => bit).Length > 1)
        {
            throw node.Error("ellipsis_mask has more than one bit");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!HaveData(context, 1, 3))
        {
            return false;
        }

        ElementSize(context.Input(0).Type);
        context.SetOutput(0, context.Input(0).Type, Compile(context).Output);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var data = context.Input(0);
        Compile(context).Copy(data, context.Output(0), ElementSize(data.Type));
    }

    private bool[] Mask(string name) => Array.ConvertAll(Node.Attributes.GetInts(name), static value => value != 0);

    private static bool Bit(bool[] mask, int position) => position < mask.Length && mask[position];

    private Plan Compile(OperationContext context)
    {
        Span<long> beginBuffer = stackalloc long[MaxList];
        Span<long> endBuffer = stackalloc long[MaxList];
        Span<long> stepBuffer = stackalloc long[MaxList];
        var begin = ReadInts(context.Input(1), beginBuffer);
        var end = ReadInts(context.Input(2), endBuffer);
        var steps = context.HasInput(3) ? ReadInts(context.Input(3), stepBuffer) : [];
        if (end.Length != begin.Length || (context.HasInput(3) && steps.Length != begin.Length))
        {
            throw Node.Error("begin, end and strides differ in length");
        }

        var shape = context.Input(0).Shape;
        var positions = begin.Length;
        var plan = default(Plan);
        var axis = 0;
        for (var i = 0; i < positions; i++)
        {
            if (Bit(_ellipsis, i))
            {
                for (var full = shape.Rank - axis - Consumed(i + 1, positions); full > 0; full--)
                {
                    Keep(ref plan, shape, axis++);
                }
            }
            else if (Bit(_newAxis, i))
            {
                Append(ref plan.Output, 1);
            }
            else
            {
                if (axis == shape.Rank)
                {
                    throw Node.Error($"more slices than dimensions of {shape}");
                }

                Take(ref plan, i, shape[axis], begin[i], end[i], i < steps.Length ? steps[i] : 1);
                axis++;
            }
        }

        while (axis < shape.Rank)
        {
            Keep(ref plan, shape, axis++);
        }

        return plan;
    }

    /// <summary>Input dimensions that the positions from <paramref name="first"/> on consume.</summary>
    private int Consumed(int first, int positions)
    {
        var count = 0;
        for (var i = first; i < positions; i++)
        {
            count += Bit(_newAxis, i) ? 0 : 1;
        }

        return count;
    }

    private void Keep(ref Plan plan, in Shape shape, int axis)
    {
        plan.Axes[plan.Rank++] = new SliceAxis(0, 1, shape[axis]);
        Append(ref plan.Output, shape[axis]);
    }

    private void Take(ref Plan plan, int position, long size, long begin, long end, long step)
    {
        if (Bit(_shrinkAxis, position))
        {
            var index = Bit(_beginMask, position) ? 0 : begin < 0 ? begin + size : begin;
            plan.Axes[plan.Rank++] = index >= 0 && index < size ? new SliceAxis(index, 1, 1)
                : throw Node.Error($"index {begin} is outside a dimension of {size}");
            return;
        }

        if (step == 0)
        {
            throw Node.Error("a stride of 0");
        }

        var taken = SliceAxis.Of(size, begin, end, step, Bit(_beginMask, position), Bit(_endMask, position));
        plan.Axes[plan.Rank++] = taken;
        Append(ref plan.Output, taken.Count);
    }

    /// <summary>One slice per input dimension, and the shape that results.</summary>
    private struct Plan
    {
        public SliceAxes Axes;
        public int Rank;
        public Shape Output;

        public readonly void Copy(TensorValue data, TensorValue output, int elementSize) =>
            SliceAxis.Read(((ReadOnlySpan<SliceAxis>)Axes)[..Rank], data, output, elementSize);
    }

    [InlineArray(Shape.MaxRank)]
    private struct SliceAxes
    {
        private SliceAxis _first;
    }
}
