using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>ROIPooling: pools regions <c>[R, 5]</c> (batch, x1, y1, x2, y2) of a feature map by maximum or bilinear samples.</summary>
internal sealed class RoiPoolingOperation : Operation
{
    private readonly int _height;
    private readonly int _width;
    private readonly float _scale;
    private readonly bool _bilinear;

    public RoiPoolingOperation(GraphNode node)
        : base(node)
    {
        var attributes = node.Attributes;
        var size = attributes.Has("pooled_h") ? [attributes.GetInt("pooled_h"), attributes.GetInt("pooled_w")] : attributes.GetInts("output_size");
        (_height, _width) = size is [> 0 and < 1 << 16, > 0 and < 1 << 16] ? ((int)size[0], (int)size[1])
            : throw node.Error("pooled_h and pooled_w must be positive");
        _scale = (float)attributes.GetFloat("spatial_scale");
        _bilinear = attributes.GetEnum("method", "max") switch
        {
            "max" => false,
            "bilinear" => true,
            var other => throw node.Error($"method \"{other}\" is not known"),
        };
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, rois) = (context.Input(0), context.Input(1));
        if (data.Shape.Rank != 4 || rois.Shape.Rank != 2 || rois.Shape[1] != 5 || data.Type != ElementType.F32 || rois.Type != ElementType.F32)
        {
            throw Node.Error($"data {data.Shape} of {data.Type.IrName()} does not go with rois {rois.Shape}");
        }

        context.SetOutput(0, data.Type, new Shape(rois.Shape[0], data.Shape[1], _height, _width));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var rois = context.Input(1).As<float>();
        var output = context.Output(0).As<float>();
        var cells = _height * _width;
        var (channels, plane) = ((int)shape[1], (int)(shape[2] * shape[3]));
        for (var r = 0; r < rois.Length / 5; r++)
        {
            var roi = rois.Slice(r * 5, 5);
            var batch = roi[0];
            if (!(batch >= 0 && batch < shape[0]) || plane == 0)
            {
                // Unused rows of a proposal list carry batch −1.
                output.Slice(r * channels * cells, channels * cells).Clear();
                continue;
            }

            for (var c = 0; c < channels; c++)
            {
                var map = context.Input(0).As<float>().Slice((((int)batch * channels) + c) * plane, plane);
                var bins = output.Slice(((r * channels) + c) * cells, cells);
                if (_bilinear)
                {
                    PoolBilinear(map, (int)shape[2], (int)shape[3], roi, bins);
                }
                else
                {
                    PoolMax(map, (int)shape[2], (int)shape[3], roi, bins);
                }
            }
        }
    }

    private void PoolMax(ReadOnlySpan<float> map, int height, int width, ReadOnlySpan<float> roi, Span<float> bins)
    {
        var (left, top) = (Rounded(roi[1]), Rounded(roi[2]));
        var (right, bottom) = (Rounded(roi[3]), Rounded(roi[4]));
        var binHeight = Math.Max(bottom - top + 1, 1) / _height;
        var binWidth = Math.Max(right - left + 1, 1) / _width;
        for (var h = 0; h < _height; h++)
        {
            var y1 = (int)Math.Clamp(MathF.Floor(h * binHeight) + top, 0, height);
            var y2 = (int)Math.Clamp(MathF.Ceiling((h + 1) * binHeight) + top, 0, height);
            for (var w = 0; w < _width; w++)
            {
                var x1 = (int)Math.Clamp(MathF.Floor(w * binWidth) + left, 0, width);
                var x2 = (int)Math.Clamp(MathF.Ceiling((w + 1) * binWidth) + left, 0, width);
                var best = y2 <= y1 || x2 <= x1 ? 0 : float.MinValue;
                for (var y = y1; y < y2; y++)
                {
                    for (var x = x1; x < x2; x++)
                    {
                        best = map[(y * width) + x] > best ? map[(y * width) + x] : best;
                    }
                }

                bins[(h * _width) + w] = best;
            }
        }
    }

    private float Rounded(float coordinate) => MathF.Round(coordinate * _scale, MidpointRounding.AwayFromZero);

    private void PoolBilinear(ReadOnlySpan<float> map, int height, int width, ReadOnlySpan<float> roi, Span<float> bins)
    {
        for (var h = 0; h < _height; h++)
        {
            var y = Sample(roi[2], roi[4], h, _height, height);
            for (var w = 0; w < _width; w++)
            {
                var x = Sample(roi[1], roi[3], w, _width, width);
                if (!(y >= 0 && y <= height - 1 && x >= 0 && x <= width - 1))
                {
                    bins[(h * _width) + w] = 0;
                    continue;
                }

                var (top, left) = ((int)MathF.Floor(y), (int)MathF.Floor(x));
                var (bottom, right) = ((int)MathF.Ceiling(y), (int)MathF.Ceiling(x));
                var upper = map[(top * width) + left] + ((map[(top * width) + right] - map[(top * width) + left]) * (x - left));
                var lower = map[(bottom * width) + left] + ((map[(bottom * width) + right] - map[(bottom * width) + left]) * (x - left));
                bins[(h * _width) + w] = upper + ((lower - upper) * (y - top));
            }
        }
    }

    private static float Sample(float start, float end, int i, int count, int size) =>
        count == 1 ? (start + end) * (size - 1) / 2
        : i == count - 1 ? end * (size - 1)
        : (i * ((end - start) * (size - 1) / (count - 1))) + (start * (size - 1));
}
