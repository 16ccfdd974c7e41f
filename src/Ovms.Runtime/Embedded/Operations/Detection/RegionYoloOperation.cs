using System.Numerics.Tensors;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>RegionYolo-1: activations of a YOLO head (IR sheet §14.15).</summary>
internal sealed class RegionYoloOperation : Operation
{
    private readonly long _coords;
    private readonly long _classes;
    private readonly long _regions;
    private readonly bool _softmax;
    private readonly long _axis;
    private readonly long _endAxis;

    public RegionYoloOperation(GraphNode node)
        : base(node)
    {
        var attributes = node.Attributes;
        (_coords, _classes) = (attributes.GetInt("coords"), attributes.GetInt("classes"));

        // The class upstream leaves a missing do_softmax at false (IR sheet §3).
        _softmax = attributes.GetBool("do_softmax", false);
        _regions = _softmax ? attributes.GetInt("num") : attributes.GetInts("mask").Length;
        (_axis, _endAxis) = (attributes.GetInt("axis"), attributes.GetInt("end_axis"));
        if (_coords is < 2 or > 1 << 20 || _classes is < 1 or > 1 << 24 || _regions is < 0 or > 1 << 16)
        {
            throw node.Error("coords, classes or num are out of range");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        var shape = data.Shape;
        if (shape.Rank != 4 || data.Type != ElementType.F32 || shape[1] < _regions * (_coords + _classes + 1))
        {
            throw Node.Error($"data {shape} of {data.Type.IrName()} does not hold {_regions} regions");
        }

        if (!_softmax)
        {
            context.SetOutput(0, data.Type, new Shape(shape[0], _regions * (_coords + _classes + 1), shape[2], shape[3]));
            return true;
        }

        var (first, last) = (_axis < 0 ? _axis + 4 : _axis, _endAxis < 0 ? _endAxis + 4 : _endAxis);
        if (first is < 0 or > 3 || last < first || last > 3)
        {
            throw Node.Error($"axis {_axis} and end_axis {_endAxis} do not name dimensions of {shape}");
        }

        var flat = default(Shape);
        for (var i = 0; i < 4; i++)
        {
            if (i == first)
            {
                flat.TryAppend(shape.Product((int)first, (int)last + 1));
            }
            else if (i < first || i > last)
            {
                flat.TryAppend(shape[i]);
            }
        }

        context.SetOutput(0, data.Type, flat);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var plane = (int)(shape[2] * shape[3]);
        var images = (int)shape[0];
        var output = context.Output(0).As<float>();
        var perImage = images == 0 ? 0 : output.Length / images;
        for (var n = 0; n < images; n++)
        {
            var image = output.Slice(n * perImage, perImage);
            context.Input(0).As<float>().Slice((int)(n * shape[1] * plane), perImage).CopyTo(image);
            for (long region = 0; region < _regions; region++)
            {
                Activate(image.Slice((int)(region * (_coords + _classes + 1)) * plane, (int)(_coords + _classes + 1) * plane), plane);
            }
        }
    }

    private void Activate(Span<float> region, int plane)
    {
        var (coords, classes) = ((int)_coords, (int)_classes);
        Sigmoid(region[..(2 * plane)]);
        Sigmoid(region.Slice(coords * plane, (_softmax ? 1 : 1 + classes) * plane));
        if (_softmax)
        {
            Softmax(region[((coords + 1) * plane)..], plane, classes);
        }
    }

    private static void Sigmoid(Span<float> values) => TensorPrimitives.Sigmoid(values, values);

    private static void Softmax(Span<float> planes, int plane, int classes)
    {
        for (var i = 0; i < plane; i++)
        {
            var (max, sum) = (float.NegativeInfinity, 0f);
            for (var c = 0; c < classes; c++)
            {
                max = MathF.Max(max, planes[(c * plane) + i]);
            }

            for (var c = 0; c < classes; c++)
            {
                ref var value = ref planes[(c * plane) + i];
                value = MathF.Exp(value - max);
                sum += value;
            }

            for (var c = 0; c < classes; c++)
            {
                planes[(c * plane) + i] /= sum;
            }
        }
    }
}
