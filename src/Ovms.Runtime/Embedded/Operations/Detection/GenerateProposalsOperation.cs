using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>GenerateProposals-9 (images × anchors <c>[H,W,A,4]</c>, as many rows as survive) and
/// ExperimentalDetectronGenerateProposalsSingleImage-6 (one image, anchors <c>[H·W·A,4]</c>, padded with zeros).</summary>
internal sealed class GenerateProposalsOperation : Operation
{
    // Sizes grow at most from 16 to 1000 pixels: the limit of Detectron.
    private static readonly float s_maxLog = MathF.Log(1000f / 16);

    private readonly bool _single;
    private readonly float _minSize;
    private readonly float _threshold;
    private readonly long _before;
    private readonly long _after;
    private readonly float _offset;
    private readonly ElementType _countType;

    public GenerateProposalsOperation(GraphNode node, bool single)
        : base(node)
    {
        var attributes = node.Attributes;
        _single = single;
        (_minSize, _threshold) = ((float)attributes.GetFloat("min_size"), (float)attributes.GetFloat("nms_threshold"));
        (_before, _after) = (attributes.GetInt("pre_nms_count"), attributes.GetInt("post_nms_count"));
        _offset = single || !attributes.GetBool("normalized", true) ? 1 : 0;
        _countType = attributes.GetElementType("roi_num_type", ElementType.I64);
        if (_before < 0 || _after < 0 || attributes.GetFloat("nms_eta", 1) != 1 || _countType is not (ElementType.I32 or ElementType.I64))
        {
            throw node.Error("pre_nms_count, post_nms_count, nms_eta or roi_num_type are not supported");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (info, anchors, deltas, scores) = (context.Input(0), context.Input(1), context.Input(2), context.Input(3));
        var shape = scores.Shape;
        var rank = _single ? 3 : 4;
        var fits = shape.Rank == rank && deltas.Shape.Rank == rank && anchors.Shape.Rank == (_single ? 2 : 4) && anchors.Shape[anchors.Shape.Rank - 1] == 4
            && anchors.Count == 4 * shape.Product(rank - 3, rank) && deltas.Count == 4L * scores.Count
            && (_single ? info.Count >= 3 : info.Shape.Rank == 2 && info.Shape[0] == shape[0] && info.Shape[1] >= 3);
        for (var i = 0; i < 4; i++)
        {
            fits = fits && context.Input(i).Type == ElementType.F32;
        }

        if (!fits)
        {
            throw Node.Error($"anchors {anchors.Shape}, deltas {deltas.Shape} and scores {shape} do not go together");
        }

        if (_single)
        {
            context.SetOutput(0, ElementType.F32, new Shape(_after, 4));
            context.SetOutput(1, ElementType.F32, new Shape(_after));
            return true;
        }

        for (var i = 0; i < 4; i++)
        {
            if (!context.Input(i).HasData)
            {
                return false;
            }
        }

        var work = context.RunState as Workspace ?? new Workspace();
        context.RunState = work;
        Select(context, work);
        context.SetOutput(0, ElementType.F32, new Shape(work.Rows, 4));
        context.SetOutput(1, ElementType.F32, new Shape(work.Rows));
        context.SetOutput(2, _countType, new Shape(shape[0]));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var work = context.RunState as Workspace ?? new Workspace();
        context.RunState = work;
        if (_single || work.Rows != context.Output(1).Count)
        {
            Select(context, work);
        }

        context.Output(0).Bytes.Clear();
        context.Output(1).Bytes.Clear();
        for (var i = 0; i < work.Rows; i++)
        {
            work.Found.AsSpan(i * 5, 4).CopyTo(context.Output(0).As<float>()[(i * 4)..]);
            context.Output(1).As<float>()[i] = work.Found[(i * 5) + 4];
        }

        for (var n = 0; !_single && n < work.Counts.Length; n++)
        {
            if (_countType == ElementType.I64)
            {
                context.Output(2).As<long>()[n] = work.Counts[n];
            }
            else
            {
                context.Output(2).As<int>()[n] = work.Counts[n];
            }
        }
    }

    private void Select(OperationContext context, Workspace work)
    {
        var shape = context.Input(3).Shape;
        var rank = shape.Rank;
        var (anchors, height, width) = ((int)shape[rank - 3], (int)shape[rank - 2], (int)shape[rank - 1]);
        var count = anchors * height * width;
        var images = _single ? 1 : (int)shape[0];
        work.Begin(images);
        var stride = images == 0 ? 0 : context.Input(0).Count / images;
        for (var n = 0; n < images; n++)
        {
            var info = context.Input(0).As<float>().Slice(n * stride, stride);
            var deltas = context.Input(2).As<float>().Slice(n * count * 4, count * 4);
            var scores = context.Input(3).As<float>().Slice(n * count, count);
            var boxes = work.Proposals.Boxes(count);
            work.Proposals.Nms.Reset();
            work.Proposals.Nms.BeginCandidates(count);
            for (var i = 0; i < count; i++)
            {
                var (cell, anchor) = (i / anchors, i % anchors);
                var plane = height * width;
                var box = boxes.Slice(i * 4, 4);
                context.Input(1).As<float>().Slice(i * 4, 4).CopyTo(box);
                var at = (anchor * 4 * plane) + cell;
                new BoxRegression(_offset, _offset, s_maxLog).Move(
                    box, deltas[at], deltas[at + plane], deltas[at + (2 * plane)], deltas[at + (3 * plane)]);
                BoxRegression.Clip(box, info[1] - _offset, info[0] - _offset);
                var minimum = _minSize * info[2];
                var large = box[2] - box[0] + _offset >= minimum && box[3] - box[1] + _offset >= _minSize * info[stride > 3 ? 3 : 2];
                work.Proposals.Nms.Push(new NmsCandidate(large ? scores[(anchor * plane) + cell] : 0, i, 0));
            }

            work.Proposals.Suppress(boxes, n, 0, _before, _after, _threshold, _offset);
            work.Take(n, boxes);
        }
    }

    /// <summary>Survivors of all images: box and score.</summary>
    private sealed class Workspace
    {
        public ProposalWorkspace Proposals { get; } = new();

        public float[] Found { get; private set; } = [];

        public int[] Counts { get; private set; } = [];

        public int Rows { get; private set; }

        public void Begin(int images)
        {
            Rows = 0;
            Counts = Counts.Length == images ? Counts : new int[images];
        }

        public void Take(int image, ReadOnlySpan<float> boxes)
        {
            var nms = Proposals.Nms;
            if (Found.Length < (Rows + nms.Selected) * 5)
            {
                var grown = new float[(Rows + nms.Selected) * 10];
                Found.CopyTo(grown, 0);
                Found = grown;
            }

            Counts[image] = nms.Selected;
            for (var i = 0; i < nms.Selected; i++, Rows++)
            {
                boxes.Slice(nms.Results[i].Index * 4, 4).CopyTo(Found.AsSpan(Rows * 5));
                Found[(Rows * 5) + 4] = nms.Results[i].Score;
            }
        }
    }
}
