using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Slice-8 and SliceScatter-15: Python slices on chosen axes; the second writes updates into the slice.</summary>
internal sealed class SliceOperation : MovementOperation
{
    private readonly bool _scatter;

    /// <summary>Index of the input <c>start</c>; stop, step and axes follow.</summary>
    private readonly int _first;

    public SliceOperation(GraphNode node, bool scatter)
        : base(node)
    {
        (_scatter, _first) = (scatter, scatter ? 2 : 1);
        RequireInputs(_first + 3);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        ElementSize(data.Type);
        if (!HaveData(context, _first, _first + 3))
        {
            if (_scatter)
            {
                context.SetOutput(0, data.Type, data.Shape);
            }

            return _scatter;
        }

        Span<SliceAxis> axes = stackalloc SliceAxis[Shape.MaxRank];
        axes = Compile(context, axes);
        var shape = default(Shape);
        foreach (var axis in axes)
        {
            Append(ref shape, axis.Count);
        }

        if (_scatter)
        {
            CheckUpdates(context, shape);
        }

        context.SetOutput(0, data.Type, _scatter ? data.Shape : shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var data = context.Input(0);
        var output = context.Output(0);
        Span<SliceAxis> axes = stackalloc SliceAxis[Shape.MaxRank];
        axes = Compile(context, axes);
        if (!_scatter)
        {
            SliceAxis.Read(axes, data, output, ElementSize(data.Type));
            return;
        }

        var shape = default(Shape);
        foreach (var axis in axes)
        {
            Append(ref shape, axis.Count);
        }

        CheckUpdates(context, shape);
        data.Bytes.CopyTo(output.Bytes);
        SliceAxis.Write(axes, context.Input(1), output, ElementSize(data.Type));
    }

    private void CheckUpdates(OperationContext context, in Shape shape)
    {
        var updates = context.Input(1);
        if (updates.Shape != shape || updates.Type != context.Input(0).Type)
        {
            throw Node.Error($"updates {updates.Shape} of {updates.Type.IrName()} do not fill a slice {shape} of {context.Input(0).Type.IrName()}");
        }
    }

    private Span<SliceAxis> Compile(OperationContext context, Span<SliceAxis> axes)
    {
        var shape = context.Input(0).Shape;
        var count = context.Input(_first).Count;
        for (var i = 1; i <= 3; i++)
        {
            if (context.HasInput(_first + i) && context.Input(_first + i).Count != count)
            {
                throw Node.Error("start, stop, step and axes differ in length");
            }
        }

        for (var i = 0; i < shape.Rank; i++)
        {
            axes[i] = new SliceAxis(0, 1, shape[i]);
        }

        uint seen = 0;
        for (var i = 0; i < count; i++)
        {
            var axis = Axis(context.HasInput(_first + 3) ? ReadInt(context.Input(_first + 3), i) : i, shape.Rank);
            var step = ReadInt(context.Input(_first + 2), i);
            if (step == 0 || (seen & (1u << axis)) != 0)
            {
                throw Node.Error(step == 0 ? "a step of 0" : $"axis {axis} is listed twice");
            }

            seen |= 1u << axis;
            axes[axis] = SliceAxis.Of(shape[axis], ReadInt(context.Input(_first), i), ReadInt(context.Input(_first + 1), i), step, false, false);
        }

        return axes[..shape.Rank];
    }
}
