using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>Proposal-1 and -4: regions of interest of Faster R-CNN from class scores and deltas on a grid of anchors.</summary>
internal sealed class ProposalOperation : Operation
{
    private readonly long _before;
    private readonly long _after;
    private readonly float _threshold;
    private readonly float _stride;
    private readonly float _minSize;
    private readonly bool _clipBefore;
    private readonly bool _clipAfter;
    private readonly bool _normalize;
    private readonly float _sizeScale;
    private readonly float _coordinateScale;
    private readonly bool _tensorFlow;
    private readonly float[] _anchors;

    public ProposalOperation(GraphNode node)
        : base(node)
    {
        var attributes = node.Attributes;
        (_before, _after) = (attributes.GetInt("pre_nms_topn"), attributes.GetInt("post_nms_topn"));
        _threshold = (float)attributes.GetFloat("nms_thresh");
        (_stride, _minSize) = (attributes.GetInt("feat_stride"), attributes.GetInt("min_size"));
        (_clipBefore, _clipAfter) = (attributes.GetBool("clip_before_nms", true), attributes.GetBool("clip_after_nms", false));
        _normalize = attributes.GetBool("normalize", false);
        (_sizeScale, _coordinateScale) = ((float)attributes.GetFloat("box_size_scale", 1), (float)attributes.GetFloat("box_coordinate_scale", 1));
        _tensorFlow = attributes.GetEnum("framework", "") switch
        {
            "" => false,
            "tensorflow" => true,
            var other => throw node.Error($"framework \"{other}\" is not known"),
        };
        _anchors = Anchors(attributes.GetInt("base_size"), attributes.GetFloats("ratio", required: true), attributes.GetFloats("scale", required: true));
        if (_before < 0 || _after < 0 || _anchors.Length == 0)
        {
            throw node.Error("pre_nms_topn, post_nms_topn, ratio or scale are out of range");
        }
    }

    private float Offset => _tensorFlow ? 0 : 1;

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (scores, deltas, image) = (context.Input(0), context.Input(1), context.Input(2));
        var count = _anchors.Length / 4;
        var shape = scores.Shape;
        if (shape.Rank != 4 || shape[1] != 2 * count || deltas.Shape != new Shape(shape[0], 4 * count, shape[2], shape[3]) || image.Count is not (3 or 4)
            || scores.Type != ElementType.F32 || deltas.Type != ElementType.F32 || image.Type != ElementType.F32)
        {
            throw Node.Error($"scores {shape} and deltas {deltas.Shape} do not go with {count} anchors");
        }

        context.SetOutput(0, ElementType.F32, new Shape(checked(shape[0] * _after), 5));
        if (context.OutputCount > 1)
        {
            context.SetOutput(1, ElementType.F32, new Shape(shape[0] * _after));
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var work = context.RunState as ProposalWorkspace ?? new ProposalWorkspace();
        context.RunState = work;
        var shape = context.Input(0).Shape;
        var (height, width) = ((int)shape[2], (int)shape[3]);
        var count = _anchors.Length / 4 * height * width;
        var boxes = work.Boxes(count);
        var output = context.Output(0).As<float>();
        output.Clear();
        var probabilities = context.OutputCount > 1 ? context.Output(1).As<float>() : [];
        probabilities.Clear();
        var row = 0;
        for (var n = 0; n < shape[0]; n++)
        {
            work.Nms.Reset();
            Load(context, work, boxes, n, height, width);
            work.Suppress(boxes, n, 0, _before, _after, _threshold, Offset);
            row = n * (int)_after;
            for (var i = 0; i < work.Nms.Selected; i++, row++)
            {
                ref readonly var kept = ref work.Nms.Results[i];
                Write(output.Slice(row * 5, 5), context.Input(2).As<float>(), boxes.Slice(kept.Index * 4, 4), n);
                if (!probabilities.IsEmpty)
                {
                    probabilities[row] = kept.Score;
                }
            }

            if (work.Nms.Selected < _after)
            {
                output[row * 5] = -1;
            }
        }
    }

    /// <summary>Anchors of py-faster-rcnn: ratios outside, scales inside.</summary>
    private float[] Anchors(long size, float[] ratios, float[] scales)
    {
        var anchors = new float[ratios.Length * scales.Length * 4];
        var centre = 0.5f * (size - Offset);
        var at = 0;
        foreach (var ratio in ratios)
        {
            var width = MathF.Sqrt((float)size * size / ratio);
            width = _tensorFlow ? width : MathF.Round(width, MidpointRounding.AwayFromZero);
            var height = _tensorFlow ? width * ratio : MathF.Round(width * ratio, MidpointRounding.AwayFromZero);
            foreach (var scale in scales)
            {
                var (halfWidth, halfHeight) = (0.5f * ((width * scale) - Offset), 0.5f * ((height * scale) - Offset));
                var shift = _tensorFlow ? 0.5f * size : 0;
                (anchors[at], anchors[at + 1]) = (centre - halfWidth - shift, centre - halfHeight - shift);
                (anchors[at + 2], anchors[at + 3]) = (centre + halfWidth - shift, centre + halfHeight - shift);
                at += 4;
            }
        }

        return anchors;
    }

    private void Load(OperationContext context, ProposalWorkspace work, Span<float> boxes, int n, int height, int width)
    {
        var (anchors, plane) = (_anchors.Length / 4, height * width);
        var image = context.Input(2).As<float>();
        var scores = context.Input(0).As<float>().Slice(((n * 2) + 1) * anchors * plane, anchors * plane);
        var deltas = context.Input(1).As<float>().Slice(n * 4 * anchors * plane, 4 * anchors * plane);
        var regression = new BoxRegression(Offset, 0, float.MaxValue);
        var (minHeight, minWidth) = (_minSize * image[2], _minSize * image[image.Length - 1]);
        work.Nms.BeginCandidates(anchors * plane);
        for (var i = 0; i < anchors * plane; i++)
        {
            var (cell, anchor) = (i / anchors, i % anchors);
            var box = boxes.Slice(i * 4, 4);
            _anchors.AsSpan(anchor * 4, 4).CopyTo(box);
            
            // TensorFlow's boxes are y1, x1, y2, x2: the grid's axes swap.
            var (x, y) = (cell % width * _stride, cell / width * _stride);
            (x, y) = _tensorFlow ? (y, x) : (x, y);
            (box[0], box[1], box[2], box[3]) = (box[0] + x, box[1] + y, box[2] + x, box[3] + y);
            if (_tensorFlow)
            {
                BoxRegression.Clip(box, image[1], image[0]);
            }

            var at = (anchor * 4 * plane) + cell;
            var (dx, dy) = (deltas[at] / _coordinateScale, deltas[at + plane] / _coordinateScale);
            var (logW, logH) = (deltas[at + (2 * plane)] / _sizeScale, deltas[at + (3 * plane)] / _sizeScale);
            regression.Move(box, dx, dy, logW, logH);
            if (_clipBefore)
            {
                BoxRegression.Clip(box, image[1] - Offset, image[0] - Offset);
            }

            var large = box[2] - box[0] + Offset >= minWidth && box[3] - box[1] + Offset >= minHeight;
            work.Nms.Push(new NmsCandidate(large ? scores[(anchor * plane) + cell] : 0, i, 0));
        }
    }

    private void Write(Span<float> row, ReadOnlySpan<float> image, ReadOnlySpan<float> box, int n)
    {
        row[0] = n;
        box.CopyTo(row[1..]);
        if (_clipAfter)
        {
            BoxRegression.Clip(row[1..], image[1], image[0]);
        }

        for (var i = 0; _normalize && i < 4; i++)
        {
            row[1 + i] /= (i & 1) == 0 ? image[1] : image[0];
        }
    }
}
