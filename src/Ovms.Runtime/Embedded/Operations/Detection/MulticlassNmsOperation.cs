using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>MulticlassNms-8 and -9: greedy suppression per class with an adaptive threshold (<c>nms_eta</c>).</summary>
internal sealed class MulticlassNmsOperation : ClassNmsOperation
{
    private readonly float _overlap;
    private readonly float _eta;

    public MulticlassNmsOperation(GraphNode node)
        : base(node)
    {
        (_overlap, _eta) = ((float)node.Attributes.GetFloat("iou_threshold", 0), (float)node.Attributes.GetFloat("nms_eta", 1));
    }

    /// <inheritdoc/>
    protected override bool UnorderedIsByScore => false;

    /// <inheritdoc/>
    protected override bool SeparatesByBorder => false;

    /// <inheritdoc/>
    protected override void SelectClass(NmsWorkspace work, ReadOnlySpan<float> boxes, ReadOnlySpan<float> scores, int batch, int c)
    {
        work.BeginCandidates(scores.Length);
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] >= ScoreThreshold)
            {
                work.Push(new NmsCandidate(scores[i], i, 0));
            }
        }

        var (first, threshold) = (work.Selected, _overlap);
        for (var taken = 0L; (NmsTopK < 0 || taken < NmsTopK) && work.TryPop(out var next); taken++)
        {
            var kept = true;
            for (var j = first; kept && j < work.Selected; j++)
            {
                kept = Overlap(boxes, next.Index, work.Results[j].Index) <= threshold;
            }

            if (kept)
            {
                work.AddResult(new NmsBox(batch, c, next.Index, next.Score));
                threshold = _eta < 1 && threshold > 0.5f ? threshold * _eta : threshold;
            }
        }
    }
}
