using Ovms.Runtime.Embedded.Operations.Movement;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>NonMaxSuppression-1, -3, -4, -5 and -9 (IR sheet §14.12), and NMSRotated-13. All variants suppress like -9 and give as many rows as were
/// selected, as upstream's CPU device does.</summary>
internal sealed class NonMaxSuppressionOperation : Operation
{
    private readonly bool _corners;
    private readonly bool _rotated;
    private readonly bool _clockwise;
    private readonly bool _sorts;
    private readonly ElementType _type;

    public NonMaxSuppressionOperation(GraphNode node, bool hasType, bool rotated = false)
        : base(node)
    {
        _rotated = rotated;
        _clockwise = node.Attributes.GetBool("clockwise", true);
        _corners = node.Attributes.GetEnum("box_encoding", "corner") switch
        {
            "corner" => true,
            "center" => false,
            var other => throw node.Error($"box_encoding \"{other}\" is not known"),
        };
        _sorts = node.Attributes.GetBool("sort_result_descending", true);
        _type = hasType ? node.Attributes.GetElementType("output_type", ElementType.I64) : ElementType.I64;
        if (_type is not (ElementType.I64 or ElementType.I32) || node.Inputs.Length < 2)
        {
            throw node.Error("output_type must be i32 or i64, boxes and scores connected");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (boxes, scores) = (context.Input(0), context.Input(1));
        if (boxes.Shape.Rank != 3 || scores.Shape.Rank != 3 || boxes.Shape[2] != BoxSize || boxes.Shape[0] != scores.Shape[0]
            || boxes.Shape[1] != scores.Shape[2] || boxes.Type != ElementType.F32 || scores.Type != ElementType.F32)
        {
            throw Node.Error($"boxes {boxes.Shape} of {boxes.Type.IrName()} do not go with scores {scores.Shape} of {scores.Type.IrName()}");
        }

        for (var i = 0; i < context.InputCount; i++)
        {
            if (!context.Input(i).HasData)
            {
                return false;
            }
        }

        var work = Workspace(context);
        Select(context, work);
        context.SetOutput(0, _type, new Shape(work.Selected, 3));
        if (context.OutputCount > 1)
        {
            context.SetOutput(1, ElementType.F32, new Shape(work.Selected, 3));
        }

        if (context.OutputCount > 2)
        {
            context.SetOutput(2, _type, new Shape(1));
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        // Constant inputs are inferred on a plan's build, possibly not on this request's context.
        var work = Workspace(context);
        if (work.Selected * 3 != context.Output(0).Count || work.Selected == 0)
        {
            Select(context, work);
        }

        for (var i = 0; i < work.Selected; i++)
        {
            ref readonly var box = ref work.Results[i];
            Write(context.Output(0), 3 * i, box.Batch);
            Write(context.Output(0), (3 * i) + 1, box.Class);
            Write(context.Output(0), (3 * i) + 2, box.Index);
            if (context.OutputCount > 1 && context.Output(1).HasData)
            {
                var row = context.Output(1).As<float>().Slice(3 * i, 3);
                (row[0], row[1], row[2]) = (box.Batch, box.Class, box.Score);
            }
        }

        if (context.OutputCount > 2 && context.Output(2).HasData)
        {
            Write(context.Output(2), 0, work.Selected);
        }
    }

    private int BoxSize => _rotated ? 5 : 4;

    private static NmsWorkspace Workspace(OperationContext context)
    {
        var work = context.RunState as NmsWorkspace ?? new NmsWorkspace();
        context.RunState = work;
        return work;
    }

    private void Write(TensorValue output, int index, int value)
    {
        if (_type == ElementType.I64)
        {
            output.As<long>()[index] = value;
        }
        else
        {
            output.As<int>()[index] = value;
        }
    }

    private float Float(OperationContext context, int input)
    {
        if (!context.HasInput(input))
        {
            return 0;
        }

        var value = context.Input(input);
        return value.Type == ElementType.F32 && value.Count == 1 ? value.As<float>()[0]
            : throw Node.Error($"input {input} must be one f32, is {value.Shape} of {value.Type.IrName()}");
    }

    private void Select(OperationContext context, NmsWorkspace work)
    {
        var (boxes, scores) = (context.Input(0), context.Input(1));
        var limit = !context.HasInput(2) ? 0
            : context.Input(2).Count == 1 && IntegerReader.Read(context.Input(2), 0) is { } number ? Math.Clamp(number, 0, int.MaxValue)
            : throw Node.Error("max_output_boxes_per_class must be one integer");
        var (overlap, threshold, sigma) = (Float(context, 3), Float(context, 4), Float(context, 5));
        var (batches, classes, count) = ((int)scores.Shape[0], (int)scores.Shape[1], (int)scores.Shape[2]);
        work.Reset();
        for (var batch = 0; batch < batches && limit > 0; batch++)
        {
            var batchBoxes = boxes.As<float>().Slice(batch * count * BoxSize, count * BoxSize);
            for (var c = 0; c < classes; c++)
            {
                var classScores = scores.As<float>().Slice(((batch * classes) + c) * count, count);
                work.LoadCandidates(classScores, threshold);
                SelectClass(work, batchBoxes, batch, c, (int)Math.Min(limit, count), overlap, threshold, sigma);
            }
        }

        if (_sorts)
        {
            work.SortResults();
        }
    }

    private void SelectClass(NmsWorkspace work, ReadOnlySpan<float> boxes, int batch, int c, int limit, float overlap, float threshold, float sigma)
    {
        var first = work.Selected;
        while (work.Selected - first < limit && work.TryPop(out var next))
        {
            var (score, suppressed) = (next.Score, false);
            for (var j = work.Selected - 1; j >= first + next.Begin && !suppressed; j--)
            {
                var iou = Overlap(boxes, next.Index, work.Results[j].Index);
                if (sigma > 0)
                {
                    score *= MathF.Exp(-0.5f * iou * iou / sigma);
                    suppressed = score <= threshold;
                }
                else
                {
                    suppressed = iou > overlap;
                }
            }

            if (suppressed)
            {
                continue;
            }

            if (score == next.Score)
            {
                work.AddResult(new NmsBox(batch, c, next.Index, score));
            }
            else
            {
                work.Push(new NmsCandidate(score, next.Index, work.Selected - first));
            }
        }
    }

    private float Overlap(ReadOnlySpan<float> boxes, int left, int right)
    {
        if (_rotated)
        {
            return RotatedBox.Overlap(boxes.Slice(left * 5, 5), boxes.Slice(right * 5, 5), _clockwise);
        }

        var (ay1, ax1, ay2, ax2) = Corners(boxes.Slice(left * 4, 4));
        var (by1, bx1, by2, bx2) = Corners(boxes.Slice(right * 4, 4));
        var (areaA, areaB) = ((ay2 - ay1) * (ax2 - ax1), (by2 - by1) * (bx2 - bx1));
        if (areaA <= 0 || areaB <= 0)
        {
            return 0;
        }

        var height = MathF.Max(MathF.Min(ay2, by2) - MathF.Max(ay1, by1), 0);
        var width = MathF.Max(MathF.Min(ax2, bx2) - MathF.Max(ax1, bx1), 0);
        var common = height * width;
        return common / (areaA + areaB - common);
    }

    private (float Y1, float X1, float Y2, float X2) Corners(ReadOnlySpan<float> box) => _corners
        ? (MathF.Min(box[0], box[2]), MathF.Min(box[1], box[3]), MathF.Max(box[0], box[2]), MathF.Max(box[1], box[3]))
        : (box[1] - (box[3] / 2), box[0] - (box[2] / 2), box[1] + (box[3] / 2), box[0] + (box[2] / 2));
}
