using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>What can go wrong with the second operand.</summary>
internal enum DivisorCheck
{
    None,

    /// <summary>An integer divisor of zero is refused.</summary>
    IntegerZero,
}

/// <summary>A binary elementwise operation with broadcasting: arithmetic, comparison, logic, bits.</summary>
internal class BinaryOperation : PartitionedOperation
{
    private readonly Func<ElementType, BinaryKernel?> _select;
    private readonly BroadcastRule _rule;
    private readonly bool _givesBoolean;
    private readonly DivisorCheck _check;

    public BinaryOperation(GraphNode node, Func<ElementType, BinaryKernel?> select, bool givesBoolean, DivisorCheck check = DivisorCheck.None)
        : base(node)
    {
        (_select, _rule, _givesBoolean, _check) = (select, BroadcastRules.Read(node), givesBoolean, check);
    }

    public override bool Infer(OperationContext context)
    {
        var (left, right) = (context.Input(0), context.Input(1));
        if (left.Type != right.Type)
        {
            throw Node.Error($"the inputs have different element types, {left.Type.IrName()} and {right.Type.IrName()}");
        }

        if (_select(left.Type) is null)
        {
            throw Node.Error($"element type {left.Type.IrName()} is not supported");
        }

        context.SetOutput(0, _givesBoolean ? ElementType.Boolean : left.Type, BroadcastRules.Merge(Node, _rule, left.Shape, AlignRight(left.Shape, right.Shape)));
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var (left, right, output) = (context.Input(0), context.Input(1), context.Output(0));
        var plan = new BroadcastPlan(output.Shape, left.Shape, AlignRight(left.Shape, right.Shape));
        context.State = new Prepared(plan, _select(left.Type)!, left.Type.ByteSize());
    }

    public override void Run(OperationContext context)
    {
        var prepared = (Prepared)context.State!;
        if (_check == DivisorCheck.IntegerZero && context.Input(0).Type.IsInteger() && context.Output(0).Count > 0 && HasZero(context.Input(1)))
        {
            throw Node.Error("integer division by zero");
        }

        if (prepared.Plan.Rows == 1)
        {
            RunUnits(context, prepared.Plan.Inner, 1);
        }
        else
        {
            RunUnits(context, prepared.Plan.Rows, prepared.Plan.Inner);
        }
    }

    protected override void RunUnits(OperationContext context, int start, int end, int part)
    {
        var prepared = (Prepared)context.State!;
        var (plan, kernel, size) = (prepared.Plan, prepared.Kernel, prepared.InputBytes);
        var left = context.Input(0).Bytes;
        var right = context.Input(1).Bytes;
        var output = context.Output(0).Bytes;
        var (leftAdvances, rightAdvances) = (plan.Advances(0), plan.Advances(1));
        if (plan.Rows == 1)
        {
            left = leftAdvances ? left[(start * size)..(end * size)] : left;
            right = rightAdvances ? right[(start * size)..(end * size)] : right;
            kernel.Run(left, leftAdvances, right, rightAdvances, output[(start * kernel.OutputBytes)..(end * kernel.OutputBytes)]);
            return;
        }

        var leftBytes = (leftAdvances ? plan.Inner : 1) * size;
        var rightBytes = (rightAdvances ? plan.Inner : 1) * size;
        var rowBytes = plan.Inner * kernel.OutputBytes;
        var cursor = plan.At(start);
        for (var row = start; row < end; row++)
        {
            kernel.Run(
                left.Slice(cursor.Offsets[0] * size, leftBytes),
                leftAdvances,
                right.Slice(cursor.Offsets[1] * size, rightBytes),
                rightAdvances,
                output.Slice(row * rowBytes, rowBytes));
            plan.Next(ref cursor);
        }
    }

    /// <summary>The shape of input 1 as numpy alignment sees it.</summary>
    protected virtual Shape AlignRight(in Shape left, in Shape right) => BroadcastRules.Align(_rule, left, right);

    private static bool HasZero(TensorValue value) => value.Type.ByteSize() switch
    {
        1 => value.Bytes.Contains((byte)0),
        2 => value.As<short>().Contains((short)0),
        4 => value.As<int>().Contains(0),
        _ => value.As<long>().Contains(0),
    };

    private sealed record Prepared(BroadcastPlan Plan, BinaryKernel Kernel, int InputBytes);
}
