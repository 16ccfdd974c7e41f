using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.ControlFlow;

/// <summary>Loop-5 and TensorIterator-1 (IR sheet §10).</summary>
/// <remarks>Where shapes stay the same from one iteration to the next and the number of iterations is known, outputs are declared before running and written in
/// place. Otherwise <see cref="Infer"/> runs the loop as soon as all inputs have data, and <see cref="Run"/> copies.</remarks>
internal sealed class LoopOperation : Operation, IDisposable
{
    private readonly bool _isLoop;

    public LoopOperation(GraphNode node, OperationRegistry registry, MemoryBudget budget, bool isLoop)
        : base(node)
    {
        _isLoop = isLoop;
        if (node.Bodies.Length != 1)
        {
            throw node.Error("it has one body");
        }

        Body = new Body(node.Bodies[0], registry, budget);
        try
        {
            Map = new LoopMap(node, Body, isLoop);
        }
        catch
        {
            Body.Dispose();
            throw;
        }
    }

    /// <summary>The body.</summary>
    public Body Body { get; }

    /// <summary>How it is connected.</summary>
    public LoopMap Map { get; }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (TryDeclare(context))
        {
            return true;
        }

        for (var i = 0; i < context.InputCount; i++)
        {
            if (!context.Input(i).HasData)
            {
                return false;
            }
        }

        var frame = FrameOf(context);
        frame.Run(direct: false);
        frame.Declare();
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var frame = FrameOf(context);
        if (!frame.IsPending)
        {
            frame.Run(direct: true);
        }

        frame.Finish();
    }

    /// <inheritdoc/>
    public void Dispose() => Body.Dispose();

    /// <summary>Most iterations, and whether to begin at all; −1 while it depends on data that is not there.</summary>
    public long Iterations(OperationContext context)
    {
        if (_isLoop)
        {
            var (trip, condition) = (context.Input(0), context.Input(1));
            if (trip.Count != 1 || condition.Count != 1 || condition.Type != ElementType.Boolean || trip.Type is not (ElementType.I32 or ElementType.I64))
            {
                throw Node.Error("trip count and condition are one integer and one boolean");
            }

            if (!trip.HasData || !condition.HasData)
            {
                return -1;
            }

            var count = trip.Type == ElementType.I64 ? trip.As<long>()[0] : trip.As<int>()[0];
            return condition.Bytes[0] == 0 ? 0 : count < 0 ? long.MaxValue : count;
        }

        var iterations = -1L;
        foreach (var parameter in Map.Parameters)
        {
            if (parameter.Slice is { } slice)
            {
                var (count, _) = LoopMap.Parts(Node, slice, context.Input(parameter.External).Shape);
                iterations = iterations < 0 || iterations == count ? count : throw Node.Error("sliced inputs give different numbers of iterations");
            }
        }

        return iterations < 0 ? 1 : iterations;
    }

    /// <summary>Type and shape of a body's parameter in the first iteration.</summary>
    public (ElementType Type, Shape Shape) First(OperationContext context, int parameter)
    {
        var source = Map.Parameters[parameter];
        if (source.External < 0)
        {
            var attributes = Body.Parameters[parameter].Attributes;
            var type = attributes.GetElementType("element_type");
            return type is ElementType.I32 or ElementType.I64
                ? (type, attributes.Find("shape")?.Trim() is { Length: > 0 } ? new Shape(1) : Shape.Scalar)
                : throw Node.Error("the iteration counter is i32 or i64");
        }

        var input = context.Input(source.External);
        var shape = input.Shape;
        if (source.Slice is { } slice)
        {
            shape[LoopMap.Axis(Node, slice, shape.Rank)] = slice.PartSize;
        }

        return (input.Type, shape);
    }

    private LoopFrame FrameOf(OperationContext context) => (LoopFrame)(context.RunState ??= new LoopFrame(this, context));

    private bool TryDeclare(OperationContext context)
    {
        var iterations = Iterations(context);
        var shapes = new Shape[Map.Parameters.Length];
        var types = new ElementType[shapes.Length];
        for (var i = 0; i < shapes.Length; i++)
        {
            (types[i], shapes[i]) = First(context, i);
        }

        var results = Body.InferResults(context, shapes, types);
        for (var i = 0; i < shapes.Length; i++)
        {
            if (Map.Parameters[i].BackResult is >= 0 and var back && (results[back].Shape != shapes[i] || results[back].Type != types[i]))
            {
                return false;
            }
        }

        var known = iterations >= 0 && (!_isLoop || iterations == 0 || RunsOn(results[Map.ConditionResult].Known));
        foreach (var output in Map.Outputs)
        {
            if (results[output.Result].Type == ElementType.Dynamic || (output.Concat is not null && (!known || iterations > int.MaxValue)))
            {
                return false;
            }
        }

        for (var i = 0; i < Map.Outputs.Length; i++)
        {
            var output = Map.Outputs[i];
            var (type, shape, _) = results[output.Result];
            if (output.Concat is { } concat)
            {
                var axis = LoopMap.Axis(Node, concat, shape.Rank);
                shape[axis] = shape[axis] == concat.PartSize
                    ? checked(concat.PartSize * iterations)
                    : throw Node.Error($"output {i} joins parts of {concat.PartSize}, the body gives {shape}");
            }

            context.SetOutput(i, type, shape);
        }

        return true;
    }

    private static bool RunsOn(TensorValue? condition) => condition is { HasData: true, LengthBytes: > 0 } && condition.Bytes[0] != 0;
}
