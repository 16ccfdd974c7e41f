using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Normalization;

/// <summary>FakeQuantize-1, in f32 and in the order of IR sheet §14.6, so that results agree to the bit. NaN is kept, as the reference
/// does.</summary>
internal sealed class FakeQuantizeOperation : PartitionedOperation
{
    private readonly BroadcastRule _rule;
    private readonly float _steps;

    public FakeQuantizeOperation(GraphNode node)
        : base(node)
    {
        _rule = BroadcastRules.Read(node);
        var levels = node.Attributes.GetInt("levels");
        _steps = levels >= 2 ? levels - 1 : throw node.Error($"levels=\"{levels}\" is below 2");
    }

    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        for (var i = 0; i < BroadcastPlan.MaxInputs; i++)
        {
            if (context.Input(i).Type != ElementType.F32)
            {
                throw Node.Error($"element type {context.Input(i).Type.IrName()} is not supported");
            }

            if (BroadcastRules.Merge(Node, _rule, data.Shape, context.Input(i).Shape) != data.Shape)
            {
                throw Node.Error($"input {i} {context.Input(i).Shape} does not broadcast to {data.Shape}");
            }
        }

        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var main = context.Input(0).Shape;
        context.State = new BroadcastPlan(
            main,
            main,
            BroadcastRules.Align(_rule, main, context.Input(1).Shape),
            BroadcastRules.Align(_rule, main, context.Input(2).Shape),
            BroadcastRules.Align(_rule, main, context.Input(3).Shape),
            BroadcastRules.Align(_rule, main, context.Input(4).Shape));
    }

    public override void Run(OperationContext context)
    {
        var plan = (BroadcastPlan)context.State!;
        if (plan.Rows == 1)
        {
            RunUnits(context, plan.Inner, 1);
        }
        else
        {
            RunUnits(context, plan.Rows, plan.Inner);
        }
    }

    protected override void RunUnits(OperationContext context, int start, int end, int part)
    {
        var plan = (BroadcastPlan)context.State!;
        var data = context.Input(0).As<float>();
        var output = context.Output(0).As<float>();
        if (plan.Rows == 1)
        {
            Row(context, plan, default, start, data[start..end], output[start..end]);
            return;
        }

        var cursor = plan.At(start);
        for (var row = start; row < end; row++)
        {
            Row(context, plan, cursor, 0, data.Slice(row * plan.Inner, plan.Inner), output.Slice(row * plan.Inner, plan.Inner));
            plan.Next(ref cursor);
        }
    }

    private void Row(
        OperationContext context, BroadcastPlan plan, in BroadcastPlan.Cursor cursor, int skip, ReadOnlySpan<float> data, Span<float> output)
    {
        var inputLow = Limit(context, plan, cursor, 1, skip);
        var inputHigh = Limit(context, plan, cursor, 2, skip);
        var outputLow = Limit(context, plan, cursor, 3, skip);
        var outputHigh = Limit(context, plan, cursor, 4, skip);
        var i = 0;
        ref var from = ref MemoryMarshal.GetReference(data);
        ref var to = ref MemoryMarshal.GetReference(output[..data.Length]);
        for (; i <= data.Length - 8; i += 8)
        {
            var x = Vector256.LoadUnsafe(ref from, (nuint)i);
            Quantize(
                x, Load(inputLow, plan, 1, i), Load(inputHigh, plan, 2, i), Load(outputLow, plan, 3, i), Load(outputHigh, plan, 4, i))
                .StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < data.Length; i++)
        {
            output[i] = Quantize(
                data[i],
                inputLow[plan.Advances(1) ? i : 0],
                inputHigh[plan.Advances(2) ? i : 0],
                outputLow[plan.Advances(3) ? i : 0],
                outputHigh[plan.Advances(4) ? i : 0]);
        }
    }

    private static ReadOnlySpan<float> Limit(OperationContext context, BroadcastPlan plan, in BroadcastPlan.Cursor cursor, int input, int skip) =>
        context.Input(input).As<float>()[(cursor.Offsets[input] + (plan.Advances(input) ? skip : 0))..];

    private static Vector256<float> Load(ReadOnlySpan<float> limit, BroadcastPlan plan, int input, int at) =>
        plan.Advances(input) ? Vector256.Create(limit.Slice(at, 8)) : Vector256.Create(limit[0]);

    private Vector256<float> Quantize(
        Vector256<float> x, Vector256<float> inputLow, Vector256<float> inputHigh, Vector256<float> outputLow, Vector256<float> outputHigh)
    {
        var steps = Vector256.Create(_steps);
        var level = Vector256.Round((x - inputLow) / (inputHigh - inputLow) * steps);
        var inside = (level / steps * (outputHigh - outputLow)) + outputLow;
        var below = Vector256.LessThanOrEqual(x, Vector256.MinNative(inputLow, inputHigh));
        var above = Vector256.GreaterThan(x, Vector256.MaxNative(inputLow, inputHigh));
        return Vector256.ConditionalSelect(below, outputLow, Vector256.ConditionalSelect(above, outputHigh, inside));
    }

    private float Quantize(float x, float inputLow, float inputHigh, float outputLow, float outputHigh)
    {
        if (x <= Math.Min(inputLow, inputHigh))
        {
            return outputLow;
        }

        return x > Math.Max(inputLow, inputHigh)
            ? outputHigh
            : (MathF.Round((x - inputLow) / (inputHigh - inputLow) * _steps) / _steps * (outputHigh - outputLow)) + outputLow;
    }
}
