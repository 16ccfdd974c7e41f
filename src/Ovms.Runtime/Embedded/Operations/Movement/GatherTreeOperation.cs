using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>GatherTree-1: walks beam-search parents back from the last step; inputs are f32 or i32, steps first.</summary>
internal sealed class GatherTreeOperation : Operation
{
    public GatherTreeOperation(GraphNode node)
        : base(node)
    {
        if (node.Inputs.Length < 4)
        {
            throw node.Error($"needs 4 inputs, has {node.Inputs.Length}");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var ids = context.Input(0);
        var fits = ids.Type is ElementType.F32 or ElementType.I32 && ids.Shape.Rank == 3 && context.Input(1).Shape == ids.Shape
            && context.Input(2).Count == ids.Shape[1] && context.Input(3).Count == 1;
        for (var i = 1; i < 4; i++)
        {
            fits &= context.Input(i).Type == ids.Type;
        }

        if (!fits)
        {
            throw Node.Error($"step ids {ids.Shape} of {ids.Type.IrName()} do not go with the other inputs");
        }

        context.SetOutput(0, ids.Type, ids.Shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var (steps, batch, beams) = ((int)shape[0], (int)shape[1], (int)shape[2]);
        var output = context.Output(0);
        if (output.Type == ElementType.I32)
        {
            output.As<int>().Fill(context.Input(3).As<int>()[0]);
        }
        else
        {
            output.As<float>().Fill(context.Input(3).As<float>()[0]);
        }

        for (var b = 0; b < batch; b++)
        {
            var length = (int)Math.Clamp(Read(context.Input(2), b), 0, steps);
            for (var beam = 0; length > 0 && beam < beams; beam++)
            {
                Walk(context, b, beam, length, batch, beams);
            }
        }
    }

    private void Walk(OperationContext context, int b, int beam, int length, int batch, int beams)
    {
        var (ids, parents, output) = (context.Input(0), context.Input(1), context.Output(0));
        var parent = beam;
        var to = output.As<uint>();
        for (var step = length - 1; step >= 0; step--)
        {
            var row = ((step * batch) + b) * beams;
            to[row + beam] = ids.As<uint>()[row + parent];
            var next = Read(parents, row + parent);
            if (next < 0 || next >= beams)
            {
                // The parent of step 0 is never used.
                parent = step == 0 ? 0 : throw Node.Error($"parent {next} is outside {beams} beams");
                continue;
            }

            parent = (int)next;
        }

        // Everything after the first end token is the end token.
        var end = context.Input(3).As<uint>()[0];
        var ended = false;
        for (var step = 0; step < length; step++)
        {
            ref var id = ref to[(((step * batch) + b) * beams) + beam];
            ended = ended || Same(output.Type, id, end);
            id = ended ? end : id;
        }
    }

    private static bool Same(ElementType type, uint left, uint right) =>
        type == ElementType.I32 ? left == right : BitConverter.UInt32BitsToSingle(left) == BitConverter.UInt32BitsToSingle(right);

    private static double Read(TensorValue value, int index) =>
        value.Type == ElementType.I32 ? value.As<int>()[index] : Math.Truncate((double)value.As<float>()[index]);
}
