using Ovms.Runtime.Embedded.Operations.Movement;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>ROIAlign-3 and -9: average or maximum of bilinear samples in every bin of a region <c>[R,4]</c>.</summary>
internal sealed class RoiAlignOperation : Operation
{
    private readonly int _height;
    private readonly int _width;
    private readonly int _ratio;
    private readonly float _scale;
    private readonly bool _max;
    private readonly bool _aligned;
    private readonly float _sourceOffset;

    public RoiAlignOperation(GraphNode node, bool hasAlignment)
        : base(node)
    {
        var attributes = node.Attributes;
        (_height, _width) = ((int)attributes.GetInt("pooled_h"), (int)attributes.GetInt("pooled_w"));
        _ratio = (int)attributes.GetInt("sampling_ratio");
        _scale = (float)attributes.GetFloat("spatial_scale");
        _max = attributes.GetEnum("mode", "") switch
        {
            "avg" => false,
            "max" => true,
            var other => throw node.Error($"mode \"{other}\" is not known"),
        };
        var alignment = hasAlignment ? attributes.GetEnum("aligned_mode", "asymmetric") : "asymmetric";
        (_aligned, _sourceOffset) = alignment switch
        {
            "asymmetric" => (false, 0f),
            "half_pixel_for_nn" => (true, 0f),
            "half_pixel" => (true, 0.5f),
            _ => throw node.Error($"aligned_mode \"{alignment}\" is not known"),
        };
        if (_height is < 1 or > 1 << 15 || _width is < 1 or > 1 << 15 || _ratio is < 0 or > 1 << 15)
        {
            throw node.Error("pooled_h, pooled_w or sampling_ratio are out of range");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, rois) = (context.Input(0), context.Input(1));
        if (data.Shape.Rank != 4 || rois.Shape.Rank != 2 || rois.Shape[1] != 4 || context.Input(2).Count != rois.Shape[0]
            || data.Type != ElementType.F32 || rois.Type != ElementType.F32)
        {
            throw Node.Error($"data {data.Shape} of {data.Type.IrName()} does not go with rois {rois.Shape} of {rois.Type.IrName()}");
        }

        context.SetOutput(0, data.Type, new Shape(rois.Shape[0], data.Shape[1], _height, _width));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var (channels, plane) = ((int)shape[1], (int)(shape[2] * shape[3]));
        var rois = context.Input(1).As<float>();
        var cells = _height * _width;
        for (var r = 0; r < rois.Length / 4; r++)
        {
            var batch = IntegerReader.Read(context.Input(2), r);
            if (batch is null or < 0 || batch >= shape[0])
            {
                throw Node.Error("a batch index is out of range");
            }

            var box = Box(rois.Slice(r * 4, 4));
            for (var c = 0; c < channels; c++)
            {
                var map = context.Input(0).As<float>().Slice((((int)batch * channels) + c) * plane, plane);
                var bins = context.Output(0).As<float>().Slice(((r * channels) + c) * cells, cells);
                for (var i = 0; i < cells; i++)
                {
                    bins[i] = Pool(new FeatureMap(map, (int)shape[2], (int)shape[3]), box, i / _width, i % _width);
                }
            }
        }
    }

    private (float X, float Y, float Width, float Height) Box(ReadOnlySpan<float> roi)
    {
        var offset = _aligned ? -0.5f : 0;
        var (x1, y1) = (((roi[0] + _sourceOffset) * _scale) + offset, ((roi[1] + _sourceOffset) * _scale) + offset);
        var (x2, y2) = (((roi[2] + _sourceOffset) * _scale) + offset, ((roi[3] + _sourceOffset) * _scale) + offset);
        return _aligned ? (x1, y1, x2 - x1, y2 - y1) : (x1, y1, MathF.Max(x2 - x1, 1), MathF.Max(y2 - y1, 1));
    }

    private float Pool(in FeatureMap map, (float X, float Y, float Width, float Height) box, int row, int column)
    {
        var (binWidth, binHeight) = (box.Width / _width, box.Height / _height);

        // A region can be larger than the map, but not usefully: more samples than 2¹⁵ a side are refused above by the attribute.
        var countX = _ratio > 0 ? _ratio : (int)Math.Clamp(MathF.Ceiling(binWidth), 1, 1 << 15);
        var countY = _ratio > 0 ? _ratio : (int)Math.Clamp(MathF.Ceiling(binHeight), 1, 1 << 15);
        var (sum, best) = (0f, 0f);
        for (var sy = 0; sy < countY; sy++)
        {
            var y = box.Y + (row * binHeight) + (binHeight / countY * (sy + 0.5f));
            for (var sx = 0; sx < countX; sx++)
            {
                var x = box.X + (column * binWidth) + (binWidth / countX * (sx + 0.5f));
                var sample = map.Sample(y, x);
                sum += sample;
                best = MathF.Max(best, sample);
            }
        }

        return _max ? best : sum / (countX * countY);
    }
}

/// <summary>One channel of a feature map, sampled bilinearly as ROIAlign does.</summary>
internal readonly ref struct FeatureMap(ReadOnlySpan<float> map, int height, int width)
{
    private readonly ReadOnlySpan<float> _map = map;

    /// <summary>Bilinear value; 0 more than one element outside.</summary>
    public float Sample(float y, float x)
    {
        if (!(y >= -1 && y <= height && x >= -1 && x <= width) || _map.IsEmpty)
        {
            return 0;
        }

        (y, x) = (MathF.Max(y, 0), MathF.Max(x, 0));
        var (top, left) = ((int)y, (int)x);
        var (bottom, right) = (top + 1, left + 1);
        if (top >= height - 1)
        {
            top = bottom = height - 1;
            y = top;
        }

        if (left >= width - 1)
        {
            left = right = width - 1;
            x = left;
        }

        var (ly, lx) = (y - top, x - left);
        var a = (1 - ly) * (1 - lx) * _map[(top * width) + left];
        var b = (1 - ly) * lx * _map[(top * width) + right];
        var c = ly * (1 - lx) * _map[(bottom * width) + left];
        var d = ly * lx * _map[(bottom * width) + right];
        return a + b + c + d;
    }
}
