using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Reductions;

/// <summary>ReduceSum, ReduceMean, ReduceMax ... over the axes of input 1; without axes every element is reduced
/// by itself.</summary>
internal sealed class ReduceOperation : PartitionedOperation
{
    private readonly Func<ElementType, ReduceKernel?> _select;
    private readonly bool _keepDims;

    public ReduceOperation(GraphNode node, Func<ElementType, ReduceKernel?> select)
        : base(node)
    {
        (_select, _keepDims) = (select, node.Attributes.GetBool("keep_dims", false));
    }

    public override bool Infer(OperationContext context)
    {
        var (data, axes) = (context.Input(0), context.Input(1));
        if (_select(data.Type) is null)
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        if (!axes.HasData)
        {
            return false;
        }

        var bits = AxisWalk.ReadAxes(Node, axes, data.Shape.Rank);
        var shape = default(Shape);
        for (var axis = 0; axis < data.Shape.Rank; axis++)
        {
            var reduced = ((bits >> axis) & 1) != 0;
            if (!reduced || _keepDims)
            {
                _ = shape.TryAppend(reduced ? 1 : data.Shape[axis]);
            }
        }

        context.SetOutput(0, data.Type, shape);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var data = context.Input(0);
        var bits = AxisWalk.ReadAxes(Node, context.Input(1), data.Shape.Rank);
        context.State = new Prepared(new AxisWalk(data.Shape, bits), _select(data.Type)!);
        context.RequestScratch(ReduceKernel.ScratchBytes * context.Workers.Width);
    }

    public override void Run(OperationContext context)
    {
        var walk = ((Prepared)context.State!).Walk;
        if (walk.InnerIsReduced)
        {
            RunUnits(context, walk.Kept, Math.Max(walk.ReducedCount, 1));
        }
        else
        {
            RunUnits(context, walk.Kept * Chunks(walk), Math.Max(walk.Rows, 1) * Math.Min(walk.Inner, ReduceKernel.Chunk));
        }
    }

    protected override void RunUnits(OperationContext context, int start, int end, int part)
    {
        var (walk, kernel) = (Prepared)context.State!;
        var input = context.Input(0).Bytes;
        var output = context.Output(0).Bytes;
        if (walk.InnerIsReduced)
        {
            for (var position = start; position < end; position++)
            {
                kernel.FoldPosition(walk, input, position, output);
            }

            return;
        }

        var chunks = Chunks(walk);
        var scratch = context.Scratch.Slice(part * ReduceKernel.ScratchBytes, ReduceKernel.ScratchBytes);
        for (var unit = start; unit < end; unit++)
        {
            var first = unit % chunks * ReduceKernel.Chunk;
            kernel.FoldChunk(walk, input, unit / chunks, first, Math.Min(ReduceKernel.Chunk, walk.Inner - first), output, scratch);
        }
    }

    private static int Chunks(AxisWalk walk) => (walk.Inner + ReduceKernel.Chunk - 1) / ReduceKernel.Chunk;

    private sealed record Prepared(AxisWalk Walk, ReduceKernel Kernel);
}
