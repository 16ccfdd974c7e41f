using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>ExperimentalDetectronDetectionOutput-6: class-wise regression and suppression of regions; class 0 is the background.</summary>
internal sealed class DetectronDetectionOutputOperation : Operation
{
    private readonly float _scoreThreshold;
    private readonly float _nmsThreshold;
    private readonly float _maxLog;
    private readonly int _classes;
    private readonly long _perClass;
    private readonly long _perImage;
    private readonly float[] _weights;

    public DetectronDetectionOutputOperation(GraphNode node)
        : base(node)
    {
        var attributes = node.Attributes;
        (_scoreThreshold, _nmsThreshold) = ((float)attributes.GetFloat("score_threshold"), (float)attributes.GetFloat("nms_threshold"));
        _maxLog = (float)attributes.GetFloat("max_delta_log_wh");
        _classes = (int)attributes.GetInt("num_classes");
        (_perClass, _perImage) = (attributes.GetInt("post_nms_count"), attributes.GetInt("max_detections_per_image"));
        _weights = attributes.GetFloats("deltas_weights", required: true);
        if (attributes.GetBool("class_agnostic_box_regression", false) || _weights.Length != 4 || _classes < 1 || _perClass < 0 || _perImage < 0)
        {
            throw node.Error("class_agnostic_box_regression or another attribute is not supported");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (rois, deltas, scores) = (context.Input(0).Shape, context.Input(1).Shape, context.Input(2).Shape);
        var fits = rois.Rank == 2 && rois[1] == 4 && scores == new Shape(rois[0], _classes) && deltas == new Shape(rois[0], 4L * _classes)
            && context.Input(3).Count >= 2;
        for (var i = 0; i < 4; i++)
        {
            fits = fits && context.Input(i).Type == ElementType.F32;
        }

        if (!fits)
        {
            throw Node.Error($"rois {rois}, deltas {deltas} and scores {scores} do not go together");
        }

        context.SetOutput(0, ElementType.F32, new Shape(_perImage, 4));
        context.SetOutput(1, ElementType.I32, new Shape(_perImage));
        context.SetOutput(2, ElementType.F32, new Shape(_perImage));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var work = context.RunState as ProposalWorkspace ?? new ProposalWorkspace();
        context.RunState = work;
        var rois = context.Input(0).As<float>();
        var count = rois.Length / 4;
        var boxes = work.Boxes(count * _classes);
        Decode(context, boxes, count);
        work.Nms.Reset();
        for (var c = 1; c < _classes; c++)
        {
            work.Nms.BeginCandidates(count);
            for (var r = 0; r < count; r++)
            {
                var score = context.Input(2).As<float>()[(r * _classes) + c];
                if (score > _scoreThreshold)
                {
                    work.Nms.Push(new NmsCandidate(score, (r * _classes) + c, 0));
                }
            }

            work.Suppress(boxes, 0, c, long.MaxValue, _perClass, _nmsThreshold, 1);
        }

        if (work.Nms.Selected > _perImage)
        {
            work.Nms.SortResults();
            work.Nms.Truncate((int)_perImage);
        }

        for (var i = 0; i < context.OutputCount; i++)
        {
            context.Output(i).Bytes.Clear();
        }

        for (var i = 0; i < work.Nms.Selected; i++)
        {
            ref readonly var kept = ref work.Nms.Results[i];
            boxes.Slice(kept.Index * 4, 4).CopyTo(context.Output(0).As<float>()[(i * 4)..]);
            context.Output(1).As<int>()[i] = kept.Class;
            context.Output(2).As<float>()[i] = kept.Score;
        }
    }

    private void Decode(OperationContext context, Span<float> boxes, int count)
    {
        var info = context.Input(3).As<float>();
        var deltas = context.Input(1).As<float>();
        var regression = new BoxRegression(1, 1, _maxLog);
        for (var i = 0; i < count * _classes; i++)
        {
            var box = boxes.Slice(i * 4, 4);
            context.Input(0).As<float>().Slice(i / _classes * 4, 4).CopyTo(box);
            var delta = deltas.Slice(i * 4, 4);
            regression.Move(box, delta[0] / _weights[0], delta[1] / _weights[1], delta[2] / _weights[2], delta[3] / _weights[3]);
            BoxRegression.Clip(box, info[1] - 1, info[0] - 1);
        }
    }
}
