using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>NV12toRGB/BGR-8 and I420toRGB/BGR-8: BT.601 limited-range YUV 4:2:0 to interleaved RGB, from one buffer or separate planes.</summary>
internal sealed class YuvOperation : Operation
{
    private readonly bool _interleaved;
    private readonly bool _blueFirst;

    public YuvOperation(GraphNode node, bool interleaved, bool blueFirst)
        : base(node)
    {
        (_interleaved, _blueFirst) = (interleaved, blueFirst);
        if (node.Inputs.Length != 1 && node.Inputs.Length != (interleaved ? 2 : 3))
        {
            throw node.Error($"{node.Inputs.Length} inputs are neither one buffer nor separate planes");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var first = context.Input(0);
        var shape = first.Shape;
        var single = context.InputCount == 1;
        var height = shape.Rank == 4 ? single ? shape[1] / 3 * 2 : shape[1] : 0;
        var width = shape.Rank == 4 ? shape[2] : 0;
        var fits = shape.Rank == 4 && shape[3] == 1 && first.Type is ElementType.U8 or ElementType.F32 && height % 2 == 0 && width % 2 == 0
            && (!single || shape[1] % 3 == 0);
        for (var i = 1; fits && i < context.InputCount; i++)
        {
            fits = context.Input(i).Type == first.Type && context.Input(i).Shape == new Shape(shape[0], height / 2, width / 2, _interleaved ? 2 : 1);
        }

        if (!fits)
        {
            throw Node.Error($"{shape} of {first.Type.IrName()} is not a 4:2:0 image");
        }

        context.SetOutput(0, first.Type, new Shape(shape[0], height, width, 3));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var shape = context.Output(0).Shape;
        var (height, width) = ((int)shape[1], (int)shape[2]);
        var area = height * width;
        var bytes = context.Input(0).Type == ElementType.U8;
        for (var n = 0; n < shape[0]; n++)
        {
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    var chroma = (y / 2 * (width / 2)) + (x / 2);
                    var (u, v) = context.InputCount == 1 ? SingleBuffer(context, n, area, chroma) : Planes(context, n, area / 4, chroma);
                    var luma = Read(context.Input(0), (n * (context.InputCount == 1 ? area / 2 * 3 : area)) + (y * width) + x);
                    Write(context.Output(0), ((n * area) + (y * width) + x) * 3, luma, u, v, bytes);
                }
            }
        }
    }

    private (float U, float V) SingleBuffer(OperationContext context, int n, int area, int chroma)
    {
        var start = (n * (area / 2 * 3)) + area;
        var input = context.Input(0);
        return _interleaved ? (Read(input, start + (2 * chroma)), Read(input, start + (2 * chroma) + 1))
            : (Read(input, start + chroma), Read(input, start + (area / 4) + chroma));
    }

    private (float U, float V) Planes(OperationContext context, int n, int quarter, int chroma) => _interleaved
        ? (Read(context.Input(1), 2 * ((n * quarter) + chroma)), Read(context.Input(1), (2 * ((n * quarter) + chroma)) + 1))
        : (Read(context.Input(1), (n * quarter) + chroma), Read(context.Input(2), (n * quarter) + chroma));

    private static float Read(TensorValue value, int index) => value.Type == ElementType.U8 ? value.Bytes[index] : value.As<float>()[index];

    private void Write(TensorValue output, int at, float y, float u, float v, bool bytes)
    {
        var (c, d, e) = (1.164f * (y - 16), u - 128, v - 128);
        var (r, g, b) = (c + (1.596f * e), c - (0.391f * d) - (0.813f * e), c + (2.018f * d));
        (r, b) = _blueFirst ? (b, r) : (r, b);
        Span<float> pixel = [Math.Clamp(r, 0, 255), Math.Clamp(g, 0, 255), Math.Clamp(b, 0, 255)];
        for (var i = 0; i < 3; i++)
        {
            if (bytes)
            {
                output.Bytes[at + i] = (byte)MathF.Round(pixel[i]);
            }
            else
            {
                output.As<float>()[at + i] = pixel[i];
            }
        }
    }
}
