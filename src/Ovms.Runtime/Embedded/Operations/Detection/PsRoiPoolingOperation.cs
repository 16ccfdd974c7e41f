using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>PSROIPooling-1: position-sensitive pooling: every bin reads its own group of channels, by average or by bilinear samples.</summary>
internal sealed class PsRoiPoolingOperation : Operation
{
    private readonly int _outputs;
    private readonly int _group;
    private readonly float _scale;
    private readonly bool _bilinear;
    private readonly int _binsX;
    private readonly int _binsY;

    public PsRoiPoolingOperation(GraphNode node)
        : base(node)
    {
        var attributes = node.Attributes;
        (_outputs, _group) = ((int)attributes.GetInt("output_dim"), (int)attributes.GetInt("group_size", 1));
        _scale = (float)attributes.GetFloat("spatial_scale");
        _bilinear = attributes.GetEnum("mode", "average") switch
        {
            "average" => false,
            "bilinear" => true,
            var other => throw node.Error($"mode \"{other}\" is not known"),
        };
        (_binsX, _binsY) = ((int)attributes.GetInt("spatial_bins_x", 1), (int)attributes.GetInt("spatial_bins_y", 1));
        if (_outputs < 1 || _group is < 1 or > 1 << 12 || _binsX is < 1 or > 1 << 12 || _binsY is < 1 or > 1 << 12)
        {
            throw node.Error("output_dim, group_size or spatial_bins are out of range");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, rois) = (context.Input(0), context.Input(1));
        var channels = (long)_outputs * (_bilinear ? _binsX * _binsY : _group * _group);
        if (data.Shape.Rank != 4 || rois.Shape.Rank != 2 || rois.Shape[1] != 5 || data.Type != ElementType.F32 || rois.Type != ElementType.F32
            || data.Shape[1] != channels)
        {
            throw Node.Error($"data {data.Shape} of {data.Type.IrName()} does not go with rois {rois.Shape}");
        }

        context.SetOutput(0, data.Type, new Shape(rois.Shape[0], _outputs, _group, _group));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var rois = context.Input(1).As<float>();
        var plane = (int)(shape[2] * shape[3]);
        var output = context.Output(0).As<float>();
        var at = 0;
        for (var r = 0; r < rois.Length / 5; r++)
        {
            var roi = rois.Slice(r * 5, 5);
            if (!(roi[0] >= 0 && roi[0] < shape[0]))
            {
                throw Node.Error("a batch index is out of range");
            }

            var image = context.Input(0).As<float>().Slice((int)roi[0] * (int)shape[1] * plane, (int)shape[1] * plane);
            for (var c = 0; c < _outputs; c++)
            {
                for (var bin = 0; bin < _group * _group; bin++)
                {
                    output[at++] = _bilinear ? Bilinear(image, shape, roi, c, bin) : Average(image, shape, roi, c, bin);
                }
            }
        }
    }

    private float Average(ReadOnlySpan<float> image, in Shape shape, ReadOnlySpan<float> roi, int c, int bin)
    {
        var (height, width) = ((int)shape[2], (int)shape[3]);
        var (x1, y1) = (MathF.Round(roi[1], MidpointRounding.AwayFromZero) * _scale, MathF.Round(roi[2], MidpointRounding.AwayFromZero) * _scale);
        var x2 = (MathF.Round(roi[3], MidpointRounding.AwayFromZero) + 1) * _scale;
        var y2 = (MathF.Round(roi[4], MidpointRounding.AwayFromZero) + 1) * _scale;
        var (binHeight, binWidth) = (MathF.Max(y2 - y1, 0.1f) / _group, MathF.Max(x2 - x1, 0.1f) / _group);
        var (row, column) = (bin / _group, bin % _group);
        var top = (int)Math.Clamp(MathF.Floor((row * binHeight) + y1), 0, height);
        var bottom = (int)Math.Clamp(MathF.Ceiling(((row + 1) * binHeight) + y1), 0, height);
        var left = (int)Math.Clamp(MathF.Floor((column * binWidth) + x1), 0, width);
        var right = (int)Math.Clamp(MathF.Ceiling(((column + 1) * binWidth) + x1), 0, width);
        if (bottom <= top || right <= left)
        {
            return 0;
        }

        var map = image.Slice(((c * _group * _group) + bin) * height * width, height * width);
        var sum = 0f;
        for (var y = top; y < bottom; y++)
        {
            for (var x = left; x < right; x++)
            {
                sum += map[(y * width) + x];
            }
        }

        return sum / ((bottom - top) * (right - left));
    }

    private float Bilinear(ReadOnlySpan<float> image, in Shape shape, ReadOnlySpan<float> roi, int c, int bin)
    {
        var (height, width) = ((int)shape[2], (int)shape[3]);
        var (x1, y1, x2, y2) = (roi[1] * _scale, roi[2] * _scale, roi[3] * _scale, roi[4] * _scale);
        var (stepX, stepY) = ((x2 - x1) / _binsX, (y2 - y1) / _binsY);
        var (row, column) = (bin / _group, bin % _group);
        var sum = 0f;
        for (var by = 0; by < _binsY; by++)
        {
            for (var bx = 0; bx < _binsX; bx++)
            {
                var (boxX, boxY) = (x1 + (bx * stepX), y1 + (by * stepY));
                var x = _group > 1 ? (column * stepX * (width - 1) / (_group - 1)) + (boxX * (width - 1)) : (boxX + boxX + stepX) / 2 * (width - 1);
                var y = _group > 1 ? (row * stepY * (height - 1) / (_group - 1)) + (boxY * (height - 1)) : (boxY + boxY + stepY) / 2 * (height - 1);
                if (!(x >= 0 && x <= width - 1 && y >= 0 && y <= height - 1))
                {
                    continue;
                }

                var map = image.Slice(((((by * _binsX) + bx) * _outputs) + c) * height * width, height * width);
                sum += new FeatureMap(map, height, width).Sample(y, x);
            }
        }

        return sum / (_binsX * _binsY);
    }
}
