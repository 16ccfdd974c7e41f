using Ovms.Runtime.Embedded.Operations.Movement;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>What MulticlassNms-8/9 and MatrixNms-8 share: inputs, the cut to keep_top_k, the order of the result and the outputs
/// <c>[n,6]</c> (class, score, box), indices <c>[n,1]</c> and counts per image.</summary>
/// <remarks>With a third input (roisnum) boxes are <c>[C,M,4]</c>, scores <c>[C,M]</c>, and M is divided among the images.</remarks>
internal abstract class ClassNmsOperation : Operation
{
    private readonly string _order;
    private readonly bool _acrossBatch;
    private readonly ElementType _type;
    private readonly long _keepTopK;
    private readonly int _background;

    protected ClassNmsOperation(GraphNode node)
        : base(node)
    {
        var attributes = node.Attributes;
        _order = attributes.GetEnum("sort_result_type", "none");
        _acrossBatch = attributes.GetBool("sort_result_across_batch", false);
        _type = attributes.GetElementType("output_type", ElementType.I64);
        NmsTopK = attributes.GetInt("nms_top_k", -1);
        _keepTopK = attributes.GetInt("keep_top_k", -1);
        _background = (int)attributes.GetInt("background_class", -1);
        ScoreThreshold = (float)attributes.GetFloat("score_threshold", 0);
        Border = attributes.GetBool("normalized", true) ? 0 : 1;
        if (_order is not ("none" or "score" or "classid") || _type is not (ElementType.I32 or ElementType.I64))
        {
            throw node.Error("sort_result_type or output_type is not known");
        }
    }

    /// <summary>Best candidates of a class that are looked at; −1 for all.</summary>
    protected long NmsTopK { get; }

    /// <summary>Lowest score.</summary>
    protected float ScoreThreshold { get; }

    /// <summary>1 when boxes are in pixels that include their far edge.</summary>
    protected float Border { get; }

    /// <summary>Whether an image's boxes come by score even without an order asked for.</summary>
    protected abstract bool UnorderedIsByScore { get; }

    /// <summary>Whether boxes that are apart never overlap, even when the border of pixel boxes would bridge the gap. The CPU device upstream
    /// says yes in MatrixNms and no in MulticlassNms.</summary>
    protected abstract bool SeparatesByBorder { get; }

    /// <summary>Selects boxes of one class of one image.</summary>
    protected abstract void SelectClass(NmsWorkspace work, ReadOnlySpan<float> boxes, ReadOnlySpan<float> scores, int batch, int c);

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (boxes, scores) = (context.Input(0), context.Input(1));
        var split = context.HasInput(2);
        var fits = boxes.Type == ElementType.F32 && scores.Type == ElementType.F32 && boxes.Shape.Rank == 3 && boxes.Shape[2] == 4
            && (split ? scores.Shape == new Shape(boxes.Shape[0], boxes.Shape[1])
                : scores.Shape.Rank == 3 && scores.Shape[0] == boxes.Shape[0] && scores.Shape[2] == boxes.Shape[1]);
        if (!fits)
        {
            throw Node.Error($"boxes {boxes.Shape} of {boxes.Type.IrName()} do not go with scores {scores.Shape} of {scores.Type.IrName()}");
        }

        if (!boxes.HasData || !scores.HasData || (split && !context.Input(2).HasData))
        {
            return false;
        }

        var work = Select(context);
        context.SetOutput(0, ElementType.F32, new Shape(work.Selected, 6));
        context.SetOutput(1, _type, new Shape(work.Selected, 1));
        context.SetOutput(2, _type, new Shape(split ? context.Input(2).Count : scores.Shape[0]));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var work = context.RunState as NmsWorkspace;
        if (work is null || work.Selected * 6 != context.Output(0).Count)
        {
            work = Select(context);
        }

        var boxes = context.Input(0);
        var split = context.HasInput(2);
        var (classes, perImage) = ((int)context.Input(1).Shape[split ? 0 : 1], (int)boxes.Shape[1]);
        var counts = context.Output(2);
        counts.Bytes.Clear();
        for (var i = 0; i < work.Selected; i++)
        {
            ref readonly var box = ref work.Results[i];
            var row = context.Output(0).As<float>().Slice(6 * i, 6);
            (row[0], row[1]) = (box.Class, box.Score);

            // Split boxes are numbered [box][class], whole ones [image][box]; the table is [class][box] or [image][box].
            var table = split ? (box.Class * perImage) + box.Index : (box.Batch * perImage) + box.Index;
            boxes.As<float>().Slice(table * 4, 4).CopyTo(row[2..]);
            Add(context.Output(1), i, split ? (box.Index * classes) + box.Class : table);
            Add(counts, box.Batch, 1);
        }
    }

    /// <summary>Overlap of two boxes x1, y1, x2, y2; empty boxes overlap nothing.</summary>
    protected float Overlap(ReadOnlySpan<float> boxes, int left, int right)
    {
        var (areaA, areaB) = (Area(boxes.Slice(left * 4, 4)), Area(boxes.Slice(right * 4, 4)));
        var a = boxes.Slice(left * 4, 4);
        var b = boxes.Slice(right * 4, 4);
        if (SeparatesByBorder && (b[0] > a[2] || b[2] < a[0] || b[1] > a[3] || b[3] < a[1]))
        {
            return 0;
        }

        var width = MathF.Max(MathF.Min(a[2], b[2]) - MathF.Max(a[0], b[0]) + Border, 0);
        var height = MathF.Max(MathF.Min(a[3], b[3]) - MathF.Max(a[1], b[1]) + Border, 0);
        var common = width * height;
        var union = areaA + areaB - common;
        return union > 0 ? common / union : 0;
    }

    private float Area(ReadOnlySpan<float> box) =>
        box[2] < box[0] || box[3] < box[1] ? 0 : (box[2] - box[0] + Border) * (box[3] - box[1] + Border);

    private void Add(TensorValue output, int index, int value)
    {
        if (_type == ElementType.I64)
        {
            output.As<long>()[index] = value + (output.Shape.Rank == 1 ? output.As<long>()[index] : 0);
        }
        else
        {
            output.As<int>()[index] = value + (output.Shape.Rank == 1 ? output.As<int>()[index] : 0);
        }
    }

    private NmsWorkspace Select(OperationContext context)
    {
        var work = context.RunState as NmsWorkspace ?? new NmsWorkspace();
        context.RunState = work;
        work.Reset();
        var (boxes, scores) = (context.Input(0), context.Input(1));
        var split = context.HasInput(2);
        var images = split ? context.Input(2).Count : (int)scores.Shape[0];
        var (classes, perImage) = ((int)scores.Shape[split ? 0 : 1], (int)boxes.Shape[1]);
        var start = 0;
        for (var image = 0; image < images; image++)
        {
            var count = split ? Rois(context.Input(2), image, perImage - start) : perImage;
            var first = work.Selected;
            for (var c = 0; c < classes; c++)
            {
                if (c == _background)
                {
                    continue;
                }

                var table = split ? (c * perImage) + start : image * perImage;
                var line = split ? table : ((image * classes) + c) * perImage;
                var before = work.Selected;
                SelectClass(work, boxes.As<float>().Slice(table * 4, count * 4), scores.As<float>().Slice(line, count), image, c);
                for (var i = before; i < work.Selected; i++)
                {
                    work.Results[i] = work.Results[i] with { Index = work.Results[i].Index + start };
                }
            }

            Keep(work, first);
            start += split ? count : 0;
        }

        if (_acrossBatch && _order != "none")
        {
            work.SortResults(0, work.Selected, _order == "score" ? NmsOrder.Score : NmsOrder.Class);
        }

        return work;
    }

    /// <summary>Cuts one image to its best boxes and orders them.</summary>
    private void Keep(NmsWorkspace work, int first)
    {
        if (_keepTopK > -1 && work.Selected - first > _keepTopK)
        {
            work.SortResults(first, work.Selected, NmsOrder.Score);
            work.Truncate(first + (int)_keepTopK);
        }

        if (_order != "none" || UnorderedIsByScore)
        {
            work.SortResults(first, work.Selected, _order != "classid" ? NmsOrder.Score : NmsOrder.ClassThenScore);
        }
    }

    private int Rois(TensorValue counts, int image, int left) => IntegerReader.Read(counts, image) is >= 0 and var count && count <= left ? (int)count
        : throw Node.Error("roisnum adds up to more boxes than there are");
}
