using System.Numerics;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Normalization;

/// <summary>BatchNormInference: gamma·(x − mean)/sqrt(variance + epsilon) + beta for every channel (dimension 1).</summary>
/// <remarks>Variant 1 has the inputs gamma, beta, data, mean, variance in files written by the runtime and data, gamma, beta, mean, variance
/// on its specification page; the input of rank 2 or more is the data. Variant 5 always has the data first.</remarks>
internal sealed class BatchNormOperation(GraphNode node, bool firstVariant) : PartitionedOperation(node)
{
    private readonly double _epsilon = node.Attributes.GetFloat("epsilon");

    public override bool Infer(OperationContext context)
    {
        var (data, gamma) = Find(context);
        var input = context.Input(data);
        if (input.Type is not (ElementType.F32 or ElementType.F64) || input.Shape.Rank < 2)
        {
            throw Node.Error($"data {input.Type.IrName()} {input.Shape} is not supported");
        }

        foreach (var index in (ReadOnlySpan<int>)[gamma, gamma + 1, 3, 4])
        {
            var parameter = context.Input(index);
            if (parameter.Type != input.Type || parameter.Shape.Rank != 1 || parameter.Shape[0] != input.Shape[1])
            {
                throw Node.Error($"input {index} must be {input.Type.IrName()} of {input.Shape[1]} elements, not {parameter.Type.IrName()} {parameter.Shape}");
            }
        }

        context.SetOutput(0, input.Type, input.Shape);
        return true;
    }

    public override void Run(OperationContext context)
    {
        var shape = context.Output(0).Shape;
        RunUnits(context, context.Output(0).Count == 0 ? 0 : (int)shape.Product(0, 2), (int)shape.Product(2, shape.Rank));
    }

    protected override void RunUnits(OperationContext context, int start, int end, int part)
    {
        if (context.Output(0).Type == ElementType.F32)
        {
            Rows<float>(context, start, end);
        }
        else
        {
            Rows<double>(context, start, end);
        }
    }

    private void Rows<T>(OperationContext context, int start, int end)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (data, first) = Find(context);
        var input = context.Input(data).As<T>();
        var output = context.Output(0).As<T>();
        var gamma = context.Input(first).As<T>();
        var beta = context.Input(first + 1).As<T>();
        var mean = context.Input(3).As<T>();
        var variance = context.Input(4).As<T>();
        var shape = context.Output(0).Shape;
        var size = (int)shape.Product(2, shape.Rank);
        var epsilon = T.CreateTruncating(_epsilon);
        for (var row = start; row < end; row++)
        {
            var channel = row % mean.Length;
            var scale = gamma[channel] / T.Sqrt(variance[channel] + epsilon);
            MomentsKernel.Normalize(input.Slice(row * size, size), output.Slice(row * size, size), mean[channel], scale, beta[channel]);
        }
    }

    private (int Data, int Gamma) Find(OperationContext context) =>
        !firstVariant || context.Input(0).Shape.Rank >= 2 ? (0, 1) : (2, 0);
}
