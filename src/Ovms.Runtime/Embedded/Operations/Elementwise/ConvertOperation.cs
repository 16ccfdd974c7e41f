using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>Convert-1 and ConvertLike-1.</summary>
/// <remarks>ConvertLike (<paramref name="destination"/> is null) takes the type of input 1.</remarks>
internal sealed class ConvertOperation(GraphNode node, ElementType? destination) : PartitionedOperation(node)
{
    public override bool ComputesHalf => true;

    public override bool Infer(OperationContext context)
    {
        var input = context.Input(0);
        var to = destination ?? context.Input(1).Type;
        if (!ElementConversion.IsSupported(input.Type, to))
        {
            throw Node.Error($"{input.Type.IrName()} cannot be converted to {to.IrName()}");
        }

        context.SetOutput(0, to, input.Shape);
        return true;
    }

    public override void Run(OperationContext context)
    {
        var (input, output) = (context.Input(0), context.Output(0));
        if (input.Type.BitSize() < 8 || output.Type.BitSize() < 8)
        {
            ElementConversion.Convert(input.Type, input.Bytes, output.Type, output.Bytes, input.Count);
        }
        else
        {
            RunUnits(context, input.Count, 1);
        }
    }

    protected override void RunUnits(OperationContext context, int start, int end, int part)
    {
        var (input, output) = (context.Input(0), context.Output(0));
        ElementConversion.Convert(
            input.Type, input.Bytes[(start * input.Type.ByteSize())..], output.Type, output.Bytes[(start * output.Type.ByteSize())..], end - start);
    }
}
