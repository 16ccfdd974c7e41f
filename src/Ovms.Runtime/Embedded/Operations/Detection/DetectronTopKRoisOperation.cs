using System.Runtime.InteropServices;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>ExperimentalDetectronTopKROIs-6: the regions of the highest scores.</summary>
internal sealed class DetectronTopKRoisOperation : Operation
{
    private readonly long _max;

    public DetectronTopKRoisOperation(GraphNode node)
        : base(node)
    {
        _max = node.Attributes.GetInt("max_rois", 0);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (rois, scores) = (context.Input(0), context.Input(1));
        if (rois.Shape.Rank != 2 || rois.Shape[1] != 4 || scores.Count != rois.Shape[0] || rois.Type != ElementType.F32 || scores.Type != ElementType.F32)
        {
            throw Node.Error($"rois {rois.Shape} do not go with scores {scores.Shape}");
        }

        context.SetOutput(0, rois.Type, new Shape(Math.Clamp(_max, 0, rois.Shape[0]), 4));
        return true;
    }

    /// <inheritdoc/>
    public override void Prepare(OperationContext context) => context.RequestScratch(checked(context.Input(1).Count * 2 * sizeof(int)));

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var scores = context.Input(1).As<float>();
        var numbers = MemoryMarshal.Cast<byte, int>(context.Scratch);
        var order = numbers[..scores.Length];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        IndexSort.Sort(order, numbers.Slice(scores.Length, scores.Length), new Descending(scores));
        for (var i = 0; i < context.Output(0).Shape[0]; i++)
        {
            context.Input(0).As<float>().Slice(order[i] * 4, 4).CopyTo(context.Output(0).As<float>()[(i * 4)..]);
        }
    }

    private readonly ref struct Descending(ReadOnlySpan<float> scores) : IIndexOrder
    {
        private readonly ReadOnlySpan<float> _scores = scores;

        public int Compare(int left, int right) => _scores[left] > _scores[right] ? -1 : _scores[left] < _scores[right] ? 1 : 0;
    }
}
