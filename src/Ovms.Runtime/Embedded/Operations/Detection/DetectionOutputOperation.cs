using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>DetectionOutput-1 and -8: decodes SSD boxes, suppresses per class and lists the best detections (IR sheet §14.13).</summary>
internal sealed class DetectionOutputOperation : Operation
{
    private readonly long _classes;
    private readonly int _background;
    private readonly long _topK;
    private readonly long _keepTopK;
    private readonly bool _varianceEncoded;
    private readonly bool _centerSize;
    private readonly bool _shareLocation;
    private readonly float _nmsThreshold;
    private readonly float _confidence;
    private readonly bool _clipAfter;
    private readonly bool _clipBefore;
    private readonly bool _decreaseLabel;
    private readonly bool _normalized;
    private readonly float _height;
    private readonly float _width;
    private readonly float _objectness;

    public DetectionOutputOperation(GraphNode node, bool hasClasses)
        : base(node)
    {
        var attributes = node.Attributes;
        _classes = hasClasses ? attributes.GetInt("num_classes") : 0;
        _background = (int)attributes.GetInt("background_label_id", 0);
        _topK = attributes.GetInt("top_k", -1);
        _keepTopK = attributes.GetInts("keep_top_k", required: true) is [var keep, ..] ? keep : throw node.Error("keep_top_k is empty");
        _varianceEncoded = attributes.GetBool("variance_encoded_in_target", false);
        _shareLocation = attributes.GetBool("share_location", true);
        (_nmsThreshold, _confidence) = ((float)attributes.GetFloat("nms_threshold"), (float)attributes.GetFloat("confidence_threshold", 0));
        (_clipAfter, _clipBefore) = (attributes.GetBool("clip_after_nms", false), attributes.GetBool("clip_before_nms", false));
        _decreaseLabel = attributes.GetBool("decrease_label_id", false);
        _normalized = attributes.GetBool("normalized", false);
        (_height, _width) = (attributes.GetInt("input_height", 1), attributes.GetInt("input_width", 1));
        _objectness = (float)attributes.GetFloat("objectness_score", 0);
        _centerSize = attributes.GetEnum("code_type", "caffe.priorboxparameter.corner") switch
        {
            "caffe.priorboxparameter.corner" => false,
            "caffe.priorboxparameter.center_size" => true,
            var other => throw node.Error($"code_type \"{other}\" is not known"),
        };
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var layout = Measure(context);
        var rows = _keepTopK > 0 ? layout.Images * _keepTopK
            : _topK > 0 ? layout.Images * _topK * layout.Classes
            : layout.Images * layout.Classes * layout.Priors;
        context.SetOutput(0, ElementType.F32, new Shape(1, 1, rows, 7));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var layout = Measure(context);
        var work = context.RunState as Workspace ?? new Workspace();
        context.RunState = work;
        work.Reserve(checked((int)(layout.Priors * layout.Locations * 4)));
        var output = context.Output(0).As<float>();
        output.Clear();
        var row = 0;
        for (var image = 0; image < layout.Images; image++)
        {
            work.Nms.Reset();
            Decode(context, layout, image, work.Boxes);
            if (_decreaseLabel)
            {
                SelectAcrossClasses(context, layout, image, work);
            }
            else
            {
                for (var c = 0; c < layout.Classes; c++)
                {
                    if (c != _background)
                    {
                        SelectClass(context, layout, image, c, work);
                    }
                }
            }

            row = Write(layout, image, work, output, row);
        }

        if (row * 7 < output.Length)
        {
            output[row * 7] = -1;
        }
    }

    private Layout Measure(OperationContext context)
    {
        var (location, confidence, priors) = (context.Input(0).Shape, context.Input(1).Shape, context.Input(2).Shape);
        var size = _normalized ? 4 : 5;
        var fits = location.Rank == 2 && confidence.Rank == 2 && priors.Rank == 3 && priors[2] % size == 0
            && location[0] == confidence[0] && (priors[0] == 1 || priors[0] == location[0]) && priors[1] == (_varianceEncoded ? 1 : 2);
        var count = fits ? priors[2] / size : 0;
        var classes = _classes > 0 ? _classes : count > 0 ? confidence[1] / count : 0;
        var locations = _shareLocation ? 1 : classes;
        fits = fits && count > 0 && confidence[1] == count * classes && location[1] == count * locations * 4;
        if (context.HasInput(4))
        {
            fits = fits && context.Input(3).Shape == new Shape(location[0], count * 2) && context.Input(4).Shape == location;
        }

        for (var i = 0; i < context.InputCount; i++)
        {
            fits = fits && context.Input(i).Type == ElementType.F32;
        }

        return fits ? new Layout(location[0], count, classes, locations, size)
            : throw Node.Error($"locations {location}, confidences {confidence} and priors {priors} do not go together");
    }

    private void Decode(OperationContext context, in Layout layout, int image, Span<float> boxes)
    {
        var priors = context.Input(2);
        var perImage = priors.Count / (int)priors.Shape[0];
        var table = priors.As<float>().Slice((priors.Shape[0] == 1 ? 0 : image) * perImage, perImage);
        var deltas = context.Input(0).As<float>().Slice(image * boxes.Length, boxes.Length);
        var arm = context.HasInput(4) ? context.Input(4).As<float>().Slice(image * boxes.Length, boxes.Length) : [];
        Span<float> variance = [1, 1, 1, 1];
        for (var p = 0; p < layout.Priors; p++)
        {
            if (!_varianceEncoded)
            {
                table.Slice((int)(layout.Priors * layout.PriorSize) + (p * 4), 4).CopyTo(variance);
            }

            var prior = table.Slice((p * layout.PriorSize) + layout.PriorSize - 4, 4);
            for (var l = 0; l < layout.Locations; l++)
            {
                var at = (int)((p * layout.Locations) + l) * 4;
                var box = boxes.Slice(at, 4);
                prior.CopyTo(box);
                if (!_normalized)
                {
                    (box[0], box[1], box[2], box[3]) = (box[0] / _width, box[1] / _height, box[2] / _width, box[3] / _height);
                }

                if (!arm.IsEmpty)
                {
                    Move(box, arm.Slice(at, 4), variance);
                }

                Move(box, deltas.Slice(at, 4), variance);
                if (_clipBefore)
                {
                    PriorBoxOperation.Clip(box);
                }
            }
        }
    }

    private void Move(Span<float> box, ReadOnlySpan<float> delta, ReadOnlySpan<float> variance)
    {
        if (!_centerSize)
        {
            for (var i = 0; i < 4; i++)
            {
                box[i] += variance[i] * delta[i];
            }

            return;
        }

        var (width, height) = (box[2] - box[0], box[3] - box[1]);
        var x = (variance[0] * delta[0] * width) + ((box[0] + box[2]) / 2);
        var y = (variance[1] * delta[1] * height) + ((box[1] + box[3]) / 2);
        var halfWidth = MathF.Exp(variance[2] * delta[2]) * width / 2;
        var halfHeight = MathF.Exp(variance[3] * delta[3]) * height / 2;
        (box[0], box[1], box[2], box[3]) = (x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight);
    }

    private float Score(OperationContext context, in Layout layout, int image, int prior, int c)
    {
        if (context.HasInput(4) && context.Input(3).As<float>()[(int)(((image * layout.Priors) + prior) * 2) + 1] < _objectness)
        {
            return c == _background ? 1 : 0;
        }

        return context.Input(1).As<float>()[(int)((((image * layout.Priors) + prior) * layout.Classes) + c)];
    }

    private void SelectClass(OperationContext context, in Layout layout, int image, int c, Workspace work)
    {
        work.Nms.BeginCandidates((int)layout.Priors);
        for (var p = 0; p < layout.Priors; p++)
        {
            var score = Score(context, layout, image, p, c);
            if (score > _confidence)
            {
                work.Nms.Push(new NmsCandidate(score, p, c));
            }
        }

        var first = work.Nms.Selected;
        for (var taken = 0L; (_topK <= -1 || taken < _topK) && work.Nms.TryPop(out var next); taken++)
        {
            Offer(layout, image, next, first, work);
        }
    }

    /// <summary>MXNet's way: each prior counts for its best class only; classes start at 1.</summary>
    private void SelectAcrossClasses(OperationContext context, in Layout layout, int image, Workspace work)
    {
        work.Nms.BeginCandidates((int)layout.Priors);
        for (var p = 0; p < layout.Priors; p++)
        {
            var (best, label) = (float.NegativeInfinity, 0);
            for (var c = 1; c < layout.Classes; c++)
            {
                var score = Score(context, layout, image, p, c);
                (best, label) = score > best ? (score, c) : (best, label);
            }

            if (label > 0 && best >= _confidence)
            {
                work.Nms.Push(new NmsCandidate(best, p, label));
            }
        }

        for (var taken = 0L; (_topK <= -1 || taken < _topK) && work.Nms.TryPop(out var next); taken++)
        {
            Offer(layout, image, next, 0, work);
        }
    }

    /// <summary>Keeps a candidate unless it overlaps a kept box of its class; the candidate's third field is its class.</summary>
    private void Offer(in Layout layout, int image, in NmsCandidate next, int first, Workspace work)
    {
        var box = BoxOf(layout, work, next.Index, next.Begin);
        for (var j = first; j < work.Nms.Selected; j++)
        {
            ref readonly var kept = ref work.Nms.Results[j];
            if (kept.Class == next.Begin && Overlap(box, BoxOf(layout, work, kept.Index, kept.Class)) > _nmsThreshold)
            {
                return;
            }
        }

        work.Nms.AddResult(new NmsBox(image, next.Begin, next.Index, next.Score));
    }

    private int Write(in Layout layout, int image, Workspace work, Span<float> output, int row)
    {
        var nms = work.Nms;
        if (_keepTopK > -1 && nms.Selected > _keepTopK)
        {
            nms.SortResults();
            nms.Truncate((int)_keepTopK);
        }

        nms.SortResults(0, nms.Selected, NmsOrder.Class);
        for (var i = 0; i < nms.Selected && (row + 1) * 7 <= output.Length; i++, row++)
        {
            ref readonly var kept = ref nms.Results[i];
            var line = output.Slice(row * 7, 7);
            (line[0], line[1], line[2]) = (image, _decreaseLabel ? kept.Class - 1 : kept.Class, kept.Score);
            BoxOf(layout, work, kept.Index, kept.Class).CopyTo(line[3..]);
            if (_clipAfter)
            {
                PriorBoxOperation.Clip(line[3..]);
            }
        }

        return row;
    }

    private static ReadOnlySpan<float> BoxOf(in Layout layout, Workspace work, int prior, int c) =>
        work.Boxes.Slice((int)((prior * layout.Locations) + (layout.Locations == 1 ? 0 : c)) * 4, 4);

    private static float Overlap(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var width = MathF.Min(a[2], b[2]) - MathF.Max(a[0], b[0]);
        var height = MathF.Min(a[3], b[3]) - MathF.Max(a[1], b[1]);
        if (width <= 0 || height <= 0)
        {
            return 0;
        }

        return width * height / (Area(a) + Area(b) - (width * height));
    }

    private static float Area(ReadOnlySpan<float> box) =>
        box[2] < box[0] || box[3] < box[1] ? 0 : (box[2] - box[0]) * (box[3] - box[1]);

    private readonly record struct Layout(long Images, long Priors, long Classes, long Locations, int PriorSize);

    /// <summary>Buffers of one request, kept between runs.</summary>
    private sealed class Workspace
    {
        private float[] _boxes = [];
        private int _count;

        public NmsWorkspace Nms { get; } = new();

        public Span<float> Boxes => _boxes.AsSpan(0, _count);

        public void Reserve(int count)
        {
            _boxes = _boxes.Length < count ? new float[count] : _boxes;
            _count = count;
        }
    }
}
