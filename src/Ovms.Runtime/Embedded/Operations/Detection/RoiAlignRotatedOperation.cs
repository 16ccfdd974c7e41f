using Ovms.Runtime.Embedded.Operations.Movement;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>ROIAlignRotated-15: averages of bilinear samples in regions <c>[R,5]</c> (centre, size, angle in radians).</summary>
internal sealed class RoiAlignRotatedOperation : Operation
{
    private readonly int _height;
    private readonly int _width;
    private readonly int _ratio;
    private readonly float _scale;
    private readonly bool _clockwise;

    public RoiAlignRotatedOperation(GraphNode node)
        : base(node)
    {
        var attributes = node.Attributes;
        (_height, _width) = ((int)attributes.GetInt("pooled_h"), (int)attributes.GetInt("pooled_w"));
        (_ratio, _scale) = ((int)attributes.GetInt("sampling_ratio"), (float)attributes.GetFloat("spatial_scale"));
        _clockwise = attributes.GetBool("clockwise_mode", false);
        if (_height is < 1 or > 1 << 15 || _width is < 1 or > 1 << 15 || _ratio is < 0 or > 1 << 15)
        {
            throw node.Error("pooled_h, pooled_w or sampling_ratio are out of range");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, rois) = (context.Input(0), context.Input(1));
        if (data.Shape.Rank != 4 || rois.Shape.Rank != 2 || rois.Shape[1] != 5 || context.Input(2).Count != rois.Shape[0]
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
        var cells = _height * _width;
        for (var r = 0; r < context.Input(1).Shape[0]; r++)
        {
            var batch = IntegerReader.Read(context.Input(2), r);
            if (batch is null or < 0 || batch >= shape[0])
            {
                throw Node.Error("a batch index is out of range");
            }

            var roi = context.Input(1).As<float>().Slice(r * 5, 5);
            for (var c = 0; c < channels; c++)
            {
                var map = context.Input(0).As<float>().Slice((((int)batch * channels) + c) * plane, plane);
                var bins = context.Output(0).As<float>().Slice(((r * channels) + c) * cells, cells);
                for (var bin = 0; bin < cells; bin++)
                {
                    bins[bin] = Pool(new FeatureMap(map, (int)shape[2], (int)shape[3]), roi, bin / _width, bin % _width);
                }
            }
        }
    }

    private float Pool(in FeatureMap map, ReadOnlySpan<float> roi, int row, int column)
    {
        var (binWidth, binHeight) = (roi[2] * _scale / _width, roi[3] * _scale / _height);
        var countX = _ratio > 0 ? _ratio : (int)Math.Clamp(MathF.Ceiling(binWidth), 1, 1 << 15);
        var countY = _ratio > 0 ? _ratio : (int)Math.Clamp(MathF.Ceiling(binHeight), 1, 1 << 15);
        var (sin, cos) = MathF.SinCos(_clockwise ? roi[4] : -roi[4]);
        var sum = 0f;
        for (var sy = 0; sy < countY; sy++)
        {
            var dy = (binHeight * (row - (_height / 2f))) + (binHeight / countY * (sy + 0.5f));
            for (var sx = 0; sx < countX; sx++)
            {
                var dx = (binWidth * (column - (_width / 2f))) + (binWidth / countX * (sx + 0.5f));

                // Image rows run downwards: the usual rotation matrix turns clockwise.
                var x = (roi[0] * _scale) - 0.5f + (cos * dx) - (sin * dy);
                var y = (roi[1] * _scale) - 0.5f + (sin * dx) + (cos * dy);
                sum += map.Sample(y, x);
            }
        }

        return sum / (countX * countY);
    }
}
