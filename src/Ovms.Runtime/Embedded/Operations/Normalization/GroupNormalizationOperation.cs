using System.Numerics;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Normalization;

/// <summary>GroupNormalization-12: mean and variance over the channels of a group and all positions, then scale and bias of the channel.</summary>
internal sealed class GroupNormalizationOperation : PartitionedOperation
{
    private readonly long _groups;
    private readonly double _epsilon;

    public GroupNormalizationOperation(GraphNode node)
        : base(node)
    {
        (_groups, _epsilon) = (node.Attributes.GetInt("num_groups"), node.Attributes.GetFloat("epsilon"));
    }

    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        if (data.Type is not (ElementType.F32 or ElementType.F64) || data.Shape.Rank < 2)
        {
            throw Node.Error($"data {data.Type.IrName()} {data.Shape} is not supported");
        }

        if (_groups <= 0 || data.Shape[1] % _groups != 0)
        {
            throw Node.Error($"{data.Shape[1]} channels do not make {_groups} groups");
        }

        for (var i = 1; i <= 2; i++)
        {
            var parameter = context.Input(i);
            if (parameter.Type != data.Type || parameter.Shape.Rank != 1 || parameter.Shape[0] != data.Shape[1])
            {
                throw Node.Error($"input {i} must be {data.Type.IrName()} of {data.Shape[1]} elements, not {parameter.Type.IrName()} {parameter.Shape}");
            }
        }

        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    public override void Run(OperationContext context)
    {
        var data = context.Input(0);
        if (data.Count > 0)
        {
            var units = (int)(data.Shape[0] * _groups);
            RunUnits(context, units, data.Count / units);
        }
    }

    protected override void RunUnits(OperationContext context, int start, int end, int part)
    {
        if (context.Input(0).Type == ElementType.F32)
        {
            Groups<float>(context, start, end);
        }
        else
        {
            Groups<double>(context, start, end);
        }
    }

    private void Groups<T>(OperationContext context, int start, int end)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var shape = context.Input(0).Shape;
        var input = context.Input(0).As<T>();
        var output = context.Output(0).As<T>();
        var scales = context.Input(1).As<T>();
        var biases = context.Input(2).As<T>();
        var channels = (int)(shape[1] / _groups);
        var positions = (int)shape.Product(2, shape.Rank);
        var size = channels * positions;
        for (var group = start; group < end; group++)
        {
            var data = input.Slice(group * size, size);
            var mean = MomentsKernel.Sum<T>(data) / size;
            var deviation = 1 / Math.Sqrt((MomentsKernel.SumOfSquaredDistances<T>(data, mean) / size) + _epsilon);
            for (var i = 0; i < channels; i++)
            {
                var channel = (int)(group % _groups * channels) + i;
                MomentsKernel.Normalize(
                    data.Slice(i * positions, positions),
                    output.Slice((group * size) + (i * positions), positions),
                    T.CreateTruncating(mean),
                    T.CreateTruncating(deviation) * scales[channel],
                    biases[channel]);
            }
        }
    }
}
