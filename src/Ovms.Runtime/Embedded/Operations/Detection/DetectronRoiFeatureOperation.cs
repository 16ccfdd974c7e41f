using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>ExperimentalDetectronROIFeatureExtractor-6: ROIAlign over a feature pyramid, the level chosen by the region's size.</summary>
internal sealed class DetectronRoiFeatureOperation : Operation
{
    private readonly int _size;
    private readonly int _ratio;
    private readonly long[] _scales;
    private readonly float _offset;

    public DetectronRoiFeatureOperation(GraphNode node)
        : base(node)
    {
        var attributes = node.Attributes;
        (_size, _ratio) = ((int)attributes.GetInt("output_size"), (int)attributes.GetInt("sampling_ratio"));
        _scales = attributes.GetInts("pyramid_scales", required: true);
        _offset = attributes.GetBool("aligned", false) ? 0.5f : 0;
        if (_size is < 1 or > 1 << 12 || _ratio is < 0 or > 1 << 12 || Array.Exists(_scales, static s => s < 1) || node.Inputs.Length - 1 > _scales.Length)
        {
            throw node.Error("output_size, sampling_ratio or pyramid_scales are out of range");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (rois, first) = (context.Input(0), context.Input(1));
        var fits = rois.Shape.Rank == 2 && rois.Shape[1] == 4 && rois.Type == ElementType.F32;
        for (var i = 1; i < context.InputCount; i++)
        {
            var shape = context.Input(i).Shape;
            fits = fits && context.Input(i).Type == ElementType.F32 && shape.Rank == 4 && shape[0] == 1 && shape[1] == first.Shape[1];
        }

        if (!fits)
        {
            throw Node.Error($"rois {rois.Shape} do not go with the pyramid");
        }

        context.SetOutput(0, ElementType.F32, new Shape(rois.Shape[0], first.Shape[1], _size, _size));
        if (context.OutputCount > 1)
        {
            context.SetOutput(1, ElementType.F32, rois.Shape);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var rois = context.Input(0).As<float>();
        var channels = (int)context.Input(1).Shape[1];
        var output = context.Output(0).As<float>();
        for (var r = 0; r < rois.Length / 4; r++)
        {
            var roi = rois.Slice(r * 4, 4);
            var level = Level(roi, context.InputCount - 1);
            var maps = context.Input(1 + level);
            var (height, width) = ((int)maps.Shape[2], (int)maps.Shape[3]);
            for (var c = 0; c < channels; c++)
            {
                var map = new FeatureMap(maps.As<float>().Slice(c * height * width, height * width), height, width);
                for (var bin = 0; bin < _size * _size; bin++)
                {
                    output[(((r * channels) + c) * _size * _size) + bin] = Pool(map, roi, 1f / _scales[level], bin);
                }
            }
        }

        if (context.OutputCount > 1 && context.Output(1).HasData)
        {
            rois.CopyTo(context.Output(1).As<float>());
        }
    }

    /// <summary>Level 2 + log₂(size / 224) of FPN, counted from the first map; degenerate regions read the first.</summary>
    private static int Level(ReadOnlySpan<float> roi, int levels)
    {
        var area = (roi[2] - roi[0]) * (roi[3] - roi[1]);
        return area > 0 ? (int)Math.Clamp(MathF.Floor(2 + MathF.Log2((MathF.Sqrt(area) + 1e-6f) / 224)), 0, levels - 1) : 0;
    }

    private float Pool(in FeatureMap map, ReadOnlySpan<float> roi, float scale, int bin)
    {
        var (x1, y1) = ((roi[0] * scale) - _offset, (roi[1] * scale) - _offset);
        var (width, height) = (((roi[2] * scale) - _offset - x1), ((roi[3] * scale) - _offset - y1));
        (width, height) = _offset > 0 ? (width, height) : (MathF.Max(width, 1), MathF.Max(height, 1));
        var (binWidth, binHeight) = (width / _size, height / _size);
        var countX = _ratio > 0 ? _ratio : (int)Math.Clamp(MathF.Ceiling(binWidth), 1, 1 << 12);
        var countY = _ratio > 0 ? _ratio : (int)Math.Clamp(MathF.Ceiling(binHeight), 1, 1 << 12);
        var sum = 0f;
        for (var i = 0; i < countX * countY; i++)
        {
            var y = y1 + (bin / _size * binHeight) + (((i / countX) + 0.5f) * binHeight / countY);
            var x = x1 + (bin % _size * binWidth) + (((i % countX) + 0.5f) * binWidth / countX);
            sum += map.Sample(y, x);
        }

        return sum / (countX * countY);
    }
}
