using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Normalization;

/// <summary>FakeConvert-13: what remains of the data in an 8-bit floating-point type: scaled, shifted, rounded with saturation, and back.</summary>
internal sealed class FakeConvertOperation : PartitionedOperation
{
    private readonly bool _isE4M3;

    public FakeConvertOperation(GraphNode node)
        : base(node)
    {
        _isE4M3 = node.Attributes.GetEnum("destination_type", "f8e4m3") switch
        {
            "f8e4m3" => true,
            "f8e5m2" => false,
            var type => throw node.Error($"destination_type=\"{type}\" is not supported"),
        };
    }

    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        for (var i = 0; i < context.InputCount; i++)
        {
            if (context.Input(i).Type != ElementType.F32)
            {
                throw Node.Error($"element type {context.Input(i).Type.IrName()} is not supported");
            }

            if (BroadcastRules.Merge(Node, BroadcastRule.Numpy, data.Shape, context.Input(i).Shape) != data.Shape)
            {
                throw Node.Error($"input {i} {context.Input(i).Shape} does not broadcast to {data.Shape}");
            }
        }

        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var data = context.Input(0).Shape;
        context.State = new BroadcastPlan(data, data, context.Input(1).Shape, context.HasInput(2) ? context.Input(2).Shape : Shape.Scalar);
    }

    public override void Run(OperationContext context)
    {
        var plan = (BroadcastPlan)context.State!;
        RunUnits(context, plan.Rows, plan.Inner);
    }

    protected override void RunUnits(OperationContext context, int start, int end, int part)
    {
        var plan = (BroadcastPlan)context.State!;
        var data = context.Input(0).As<float>();
        var scales = context.Input(1).As<float>();
        var shifts = context.HasInput(2) ? context.Input(2).As<float>() : default;
        var output = context.Output(0).As<float>();
        var cursor = plan.At(start);
        for (var row = start; row < end; row++)
        {
            for (var i = 0; i < plan.Inner; i++)
            {
                var scale = scales[cursor.Offsets[1] + (plan.Advances(1) ? i : 0)];
                var shift = shifts.IsEmpty ? 0 : shifts[cursor.Offsets[2] + (plan.Advances(2) ? i : 0)];
                var at = (row * plan.Inner) + i;
                output[at] = (Round((data[at] * scale) - shift) + shift) / scale;
            }

            plan.Next(ref cursor);
        }
    }

    // f8e5m2 is the high byte of f16 and is rounded from f16, twice in all, as the reference does.
    private float Round(float value)
    {
        var largest = _isE4M3 ? 448f : 57344f;
        var clamped = Math.Clamp(value, -largest, largest);
        return _isE4M3
            ? LowPrecision.FromF8E4M3(LowPrecision.ToF8E4M3(clamped))
            : LowPrecision.FromF8E5M2(LowPrecision.ToF8E5M2((float)(Half)clamped));
    }
}
