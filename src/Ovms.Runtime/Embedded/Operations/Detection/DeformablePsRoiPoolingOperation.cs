using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>DeformablePSROIPooling-1: position-sensitive pooling whose bins move by offsets, each the mean of bilinear samples.</summary>
internal sealed class DeformablePsRoiPoolingOperation : Operation
{
    private readonly int _outputs;
    private readonly int _group;
    private readonly float _scale;
    private readonly int _binsX;
    private readonly int _binsY;
    private readonly float _deviation;
    private readonly int _parts;

    public DeformablePsRoiPoolingOperation(GraphNode node)
        : base(node)
    {
        var attributes = node.Attributes;
        _outputs = Small("output_dim", null);
        _group = Small("group_size", 1);
        _scale = (float)attributes.GetFloat("spatial_scale");
        (_binsX, _binsY) = (Small("spatial_bins_x", 1), Small("spatial_bins_y", 1));
        _deviation = (float)attributes.GetFloat("trans_std", 1);
        _parts = Small("part_size", 1);
        var mode = attributes.GetEnum("mode", "bilinear_deformable");
        if (mode != "bilinear_deformable")
        {
            throw node.Error($"mode \"{mode}\" is not known");
        }

        int Small(string name, long? defaultValue)
        {
            var value = attributes.GetInt(name, defaultValue);
            return value is >= 1 and <= 1 << 12 ? (int)value : throw node.Error($"attribute {name} has the value {value}");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, rois) = (context.Input(0), context.Input(1));
        if (data.Shape.Rank != 4 || rois.Shape.Rank != 2 || rois.Shape[1] != 5 || data.Type != ElementType.F32 || rois.Type != ElementType.F32
            || data.Shape[1] != (long)_outputs * _group * _group)
        {
            throw Node.Error($"data {data.Shape} of {data.Type.IrName()} does not go with rois {rois.Shape}");
        }

        if (context.HasInput(2))
        {
            // [rois, 2 × classes, part_size, part_size]; every class of offsets serves an equal share of the outputs.
            var offsets = context.Input(2).Shape;
            if (context.Input(2).Type != ElementType.F32 || offsets.Rank != 4 || offsets[0] != rois.Shape[0] || offsets[1] < 2 || offsets[1] % 2 != 0
                || _outputs % (offsets[1] / 2) != 0 || offsets[2] != _parts || offsets[3] != _parts)
            {
                throw Node.Error($"offsets of shape {offsets} do not go with rois {rois.Shape}");
            }
        }

        context.SetOutput(0, ElementType.F32, new Shape(rois.Shape[0], _outputs, _group, _group));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var rois = context.Input(1).As<float>();
        var offsets = context.HasInput(2) ? context.Input(2).As<float>() : default;
        var offsetsOfRoi = rois.IsEmpty ? 0 : offsets.Length / (rois.Length / 5);
        var imageFloats = (int)(shape[1] * shape[2] * shape[3]);
        var output = context.Output(0).As<float>();
        var outputsOfRoi = _outputs * _group * _group;
        for (var r = 0; r < rois.Length / 5; r++)
        {
            var roi = rois.Slice(r * 5, 5);
            var target = output.Slice(r * outputsOfRoi, outputsOfRoi);
            if (roi[0] < 0)
            {
                target.Clear();
                continue;
            }

            if (!(roi[0] < shape[0]))
            {
                throw Node.Error("a batch index is out of range");
            }

            Pool(context.Input(0).As<float>().Slice((int)roi[0] * imageFloats, imageFloats), shape, roi, offsets.Slice(r * offsetsOfRoi, offsetsOfRoi), target);
        }
    }

    private void Pool(ReadOnlySpan<float> image, in Shape shape, ReadOnlySpan<float> roi, ReadOnlySpan<float> offsets, Span<float> target)
    {
        var (left, top) = (Corner(roi[1], 0), Corner(roi[2], 0));
        var (width, height) = (MathF.Max(Corner(roi[3], 1) - left, 0.1f), MathF.Max(Corner(roi[4], 1) - top, 0.1f));
        var plane = (int)(shape[2] * shape[3]);
        var classes = Math.Max(1, offsets.Length / (2 * _parts * _parts));
        for (var i = 0; i < target.Length; i++)
        {
            var (channel, row, column) = (i / (_group * _group), i / _group % _group, i % _group);
            var (x, y) = (left + (column * (width / _group)), top + (row * (height / _group)));
            if (!offsets.IsEmpty)
            {
                var part = (row * _parts / _group * _parts) + (column * _parts / _group);
                var at = channel / (_outputs / classes) * 2 * _parts * _parts;
                x += offsets[at + part] * _deviation * width;
                y += offsets[at + (_parts * _parts) + part] * _deviation * height;
            }

            var map = new FeatureMap(image.Slice(i * plane, plane), (int)shape[2], (int)shape[3]);
            target[i] = Mean(map, shape, x, y, width / _group / _binsX, height / _group / _binsY);
        }

        float Corner(float value, int more) => ((MathF.Round(value, MidpointRounding.AwayFromZero) + more) * _scale) - 0.5f;
    }

    private float Mean(in FeatureMap map, in Shape shape, float left, float top, float stepX, float stepY)
    {
        var (sum, count) = (0f, 0);
        for (var row = 0; row < _binsY; row++)
        {
            for (var column = 0; column < _binsX; column++)
            {
                var (x, y) = (left + (column * stepX), top + (row * stepY));
                if (y >= -0.5f && y <= shape[2] - 0.5f && x >= -0.5f && x <= shape[3] - 0.5f)
                {
                    sum += map.Sample(Math.Clamp(y, 0, shape[2] - 1), Math.Clamp(x, 0, shape[3] - 1));
                    count++;
                }
            }
        }

        return count == 0 ? 0 : sum / count;
    }
}
