namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>Moves anchors by regression deltas, as the R-CNN family does.</summary>
/// <param name="Offset">1 when boxes are in pixels that include their far edge, else 0.</param>
/// <param name="OffsetAfter">Subtracted from the far edge of a moved box.</param>
/// <param name="MaxLog">Largest logarithm of a size ratio.</param>
internal readonly record struct BoxRegression(float Offset, float OffsetAfter, float MaxLog)
{
    /// <summary>Replaces <paramref name="box"/> (x1, y1, x2, y2) by the box moved by dx, dy, log dw, log dh.</summary>
    public void Move(Span<float> box, float dx, float dy, float logW, float logH)
    {
        var (width, height) = (box[2] - box[0] + Offset, box[3] - box[1] + Offset);
        var x = (dx * width) + box[0] + (0.5f * width);
        var y = (dy * height) + box[1] + (0.5f * height);
        var halfWidth = 0.5f * MathF.Exp(MathF.Min(logW, MaxLog)) * width;
        var halfHeight = 0.5f * MathF.Exp(MathF.Min(logH, MaxLog)) * height;
        (box[0], box[1]) = (x - halfWidth, y - halfHeight);
        (box[2], box[3]) = (x + halfWidth - OffsetAfter, y + halfHeight - OffsetAfter);
    }

    /// <summary>Clamps a box to an image.</summary>
    public static void Clip(Span<float> box, float right, float bottom)
    {
        for (var i = 0; i < 4; i++)
        {
            box[i] = MathF.Max(MathF.Min(box[i], (i & 1) == 0 ? right : bottom), 0);
        }
    }

    /// <summary>Intersection over union with the border of <paramref name="offset"/>.</summary>
    public static float Overlap(ReadOnlySpan<float> a, ReadOnlySpan<float> b, float offset)
    {
        if (a[0] > b[2] || b[0] > a[2] || a[1] > b[3] || b[1] > a[3])
        {
            return 0;
        }

        var width = MathF.Max(MathF.Min(a[2], b[2]) - MathF.Max(a[0], b[0]) + offset, 0);
        var height = MathF.Max(MathF.Min(a[3], b[3]) - MathF.Max(a[1], b[1]) + offset, 0);
        var areas = ((a[2] - a[0] + offset) * (a[3] - a[1] + offset)) + ((b[2] - b[0] + offset) * (b[3] - b[1] + offset));
        return width * height / (areas - (width * height));
    }
}

/// <summary>Boxes of one image and the suppression over them; one per request, reused.</summary>
internal sealed class ProposalWorkspace
{
    private float[] _boxes = [];

    /// <summary>Candidates and survivors.</summary>
    public NmsWorkspace Nms { get; } = new();

    /// <summary>Room for boxes of four numbers.</summary>
    public Span<float> Boxes(int count)
    {
        _boxes = _boxes.Length < count * 4 ? new float[count * 4] : _boxes;
        return _boxes.AsSpan(0, count * 4);
    }

    /// <summary>Greedy suppression of the best <paramref name="before"/> candidates down to <paramref name="after"/>.</summary>
    public void Suppress(ReadOnlySpan<float> boxes, int batch, int c, long before, long after, float threshold, float offset)
    {
        var first = Nms.Selected;
        for (long taken = 0; taken < before && Nms.Selected - first < after && Nms.TryPop(out var next); taken++)
        {
            var kept = true;
            for (var j = first; kept && j < Nms.Selected; j++)
            {
                kept = BoxRegression.Overlap(boxes.Slice(next.Index * 4, 4), boxes.Slice(Nms.Results[j].Index * 4, 4), offset) <= threshold;
            }

            if (kept)
            {
                Nms.AddResult(new NmsBox(batch, c, next.Index, next.Score));
            }
        }
    }
}
