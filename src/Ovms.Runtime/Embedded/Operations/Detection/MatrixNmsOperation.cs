using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>MatrixNms-8: every box is decayed by its overlap with better ones instead of being dropped.</summary>
internal sealed class MatrixNmsOperation : ClassNmsOperation
{
    private readonly bool _gaussian;
    private readonly float _sigma;
    private readonly float _postThreshold;

    public MatrixNmsOperation(GraphNode node)
        : base(node)
    {
        _gaussian = node.Attributes.GetEnum("decay_function", "linear") switch
        {
            "gaussian" => true,
            "linear" => false,
            var other => throw node.Error($"decay_function \"{other}\" is not known"),
        };
        (_sigma, _postThreshold) = ((float)node.Attributes.GetFloat("gaussian_sigma", 2), (float)node.Attributes.GetFloat("post_threshold", 0));
    }

    /// <inheritdoc/>
    protected override bool UnorderedIsByScore => true;

    /// <inheritdoc/>
    protected override bool SeparatesByBorder => true;

    /// <inheritdoc/>
    protected override void SelectClass(NmsWorkspace work, ReadOnlySpan<float> boxes, ReadOnlySpan<float> scores, int batch, int c)
    {
        work.LoadCandidates(scores, ScoreThreshold);
        var order = work.Order(scores.Length);
        var largest = work.Overlaps(scores.Length);
        var count = 0;
        for (; (NmsTopK < 0 || count < NmsTopK) && work.TryPop(out var next); count++)
        {
            order[count] = next.Index;
            largest[count] = 0;
            var decay = 1f;
            for (var j = 0; j < count; j++)
            {
                var overlap = Overlap(boxes, next.Index, order[j]);
                largest[count] = MathF.Max(largest[count], overlap);
                decay = MathF.Min(decay, _gaussian
                    ? MathF.Exp(((largest[j] * largest[j]) - (overlap * overlap)) * _sigma)
                    : (1 - overlap) / (1 - largest[j] + 1e-10f));
            }

            if (next.Score * decay > _postThreshold)
            {
                work.AddResult(new NmsBox(batch, c, next.Index, next.Score * decay));
            }
        }
    }
}
