using System.Numerics;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>ScatterNDUpdate-4 and -15: slices go to the coordinates in the last axis of the indices.</summary>
internal sealed class ScatterNDOperation : MovementOperation
{
    private readonly ScatterReduction _reduction;

    public ScatterNDOperation(GraphNode node, bool reduces)
        : base(node)
    {
        RequireInputs(3);
        _reduction = reduces ? ScatterReductions.Read(node, sub: true, mean: false) : ScatterReduction.None;
    }

    /// <inheritdoc/>
    public override bool ComputesHalf => _reduction == ScatterReduction.None;

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, indices, updates) = (context.Input(0), context.Input(1), context.Input(2));
        ElementSize(data.Type);
        var rank = indices.Shape.Rank;
        var fits = rank >= 1 && indices.Type.IsInteger() && updates.Type == data.Type && indices.Shape[rank - 1] <= data.Shape.Rank
            && (_reduction == ScatterReduction.None || NumberDispatch.Supports(data.Type));
        if (fits)
        {
            var depth = (int)indices.Shape[rank - 1];
            fits = updates.Shape.Rank == rank - 1 + data.Shape.Rank - depth;
            for (var i = 0; fits && i < updates.Shape.Rank; i++)
            {
                fits = updates.Shape[i] == (i < rank - 1 ? indices.Shape[i] : data.Shape[i - rank + 1 + depth]);
            }
        }

        if (!fits)
        {
            throw Node.Error($"updates {updates.Shape} of {updates.Type.IrName()} do not go with indices {indices.Shape} and data {data.Shape}");
        }

        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var (data, output) = (context.Input(0), context.Output(0));
        data.Bytes.CopyTo(output.Bytes);
        var indices = context.Input(1);
        var depth = (int)indices.Shape[indices.Shape.Rank - 1];
        var slices = (int)indices.Shape.Product(0, indices.Shape.Rank - 1);
        var chunk = (int)data.Shape.Product(depth, data.Shape.Rank);
        var elementSize = ElementSize(data.Type);
        for (var s = 0; s < slices; s++)
        {
            var cell = (int)CoordinateReader.Flatten(Node, indices, s * depth, depth, data.Shape, 0);
            if (_reduction == ScatterReduction.None)
            {
                context.Input(2).Bytes.Slice(s * chunk * elementSize, chunk * elementSize).CopyTo(output.Bytes[(cell * chunk * elementSize)..]);
                continue;
            }

            var kernel = new Kernel(this, context, s * chunk, cell * chunk, chunk);
            NumberDispatch.Run(data.Type, ref kernel);
        }
    }

    private readonly ref struct Kernel(ScatterNDOperation owner, OperationContext context, int from, int to, int count) : INumberKernel
    {
        public void Run<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            var updates = context.Input(2).As<T>().Slice(from, count);
            var cells = context.Output(0).As<T>().Slice(to, count);
            var reduction = context.Input(0).Type == ElementType.Boolean ? ScatterReductions.ForBooleans(owner._reduction) : owner._reduction;
            for (var i = 0; i < updates.Length; i++)
            {
                cells[i] = ScatterReductions.Apply(reduction, cells[i], updates[i]);
            }
        }
    }
}
