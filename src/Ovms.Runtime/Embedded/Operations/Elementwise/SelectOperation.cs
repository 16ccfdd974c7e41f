using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>Select-1: condition ? then : else. Elements are only moved, so that one loop serves all types of a size.</summary>
internal sealed class SelectOperation : PartitionedOperation
{
    private readonly BroadcastRule _rule;

    public SelectOperation(GraphNode node)
        : base(node)
    {
        _rule = BroadcastRules.Read(node);
    }

    public override bool ComputesHalf => true;

    public override bool Infer(OperationContext context)
    {
        var (condition, then, otherwise) = (context.Input(0), context.Input(1), context.Input(2));
        if (condition.Type is not (ElementType.Boolean or ElementType.U8))
        {
            throw Node.Error($"the condition must be boolean, not {condition.Type.IrName()}");
        }

        if (then.Type != otherwise.Type || then.Type.ByteSize() == 0)
        {
            throw Node.Error($"element types {then.Type.IrName()} and {otherwise.Type.IrName()} are not supported");
        }

        // For pdpd the "then" input is the main one.
        var shape = BroadcastRules.Merge(Node, _rule, then.Shape, otherwise.Shape);
        context.SetOutput(0, then.Type, BroadcastRules.Merge(Node, _rule, shape, condition.Shape));
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var then = context.Input(1).Shape;
        context.State = new BroadcastPlan(
            context.Output(0).Shape,
            BroadcastRules.Align(_rule, then, context.Input(0).Shape),
            then,
            BroadcastRules.Align(_rule, then, context.Input(2).Shape));
    }

    public override void Run(OperationContext context)
    {
        var plan = (BroadcastPlan)context.State!;
        RunUnits(context, plan.Rows, plan.Inner);
    }

    protected override void RunUnits(OperationContext context, int start, int end, int part)
    {
        switch (context.Output(0).Type.ByteSize())
        {
            case 1:
                Rows<byte>(context, start, end);
                break;
            case 2:
                Rows<ushort>(context, start, end);
                break;
            case 4:
                Rows<uint>(context, start, end);
                break;
            default:
                Rows<ulong>(context, start, end);
                break;
        }
    }

    private static void Rows<T>(OperationContext context, int start, int end)
        where T : unmanaged
    {
        var plan = (BroadcastPlan)context.State!;
        var condition = context.Input(0).Bytes;
        var then = context.Input(1).As<T>();
        var otherwise = context.Input(2).As<T>();
        var output = context.Output(0).As<T>();
        var cursor = plan.At(start);
        for (var row = start; row < end; row++)
        {
            var target = output.Slice(row * plan.Inner, plan.Inner);
            var x = then.Slice(cursor.Offsets[1], plan.Advances(1) ? plan.Inner : 1);
            var y = otherwise.Slice(cursor.Offsets[2], plan.Advances(2) ? plan.Inner : 1);
            if (plan.Advances(0))
            {
                Row(condition.Slice(cursor.Offsets[0], plan.Inner), x, y, target);
            }
            else
            {
                var chosen = condition[cursor.Offsets[0]] != 0 ? x : y;
                if (chosen.Length == target.Length)
                {
                    chosen.CopyTo(target);
                }
                else
                {
                    target.Fill(chosen[0]);
                }
            }

            plan.Next(ref cursor);
        }
    }

    private static void Row<T>(ReadOnlySpan<byte> condition, ReadOnlySpan<T> then, ReadOnlySpan<T> otherwise, Span<T> target)
        where T : unmanaged
    {
        var thenStep = then.Length == target.Length ? 1 : 0;
        var otherStep = otherwise.Length == target.Length ? 1 : 0;
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = condition[i] != 0 ? then[i * thenStep] : otherwise[i * otherStep];
        }
    }
}
