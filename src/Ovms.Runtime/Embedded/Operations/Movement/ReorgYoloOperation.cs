using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>ReorgYolo: Darknet's reorganisation, which reads the input as a buffer of another shape (IR sheet §14.9).</summary>
internal sealed class ReorgYoloOperation : MovementOperation
{
    private readonly long _stride;

    public ReorgYoloOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(1);
        _stride = node.Attributes.GetInts("stride", required: true) is [> 0 and < 65536, ..] strides ? strides[0]
            : throw node.Error("stride must be a positive number");
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        ElementSize(data.Type);
        var shape = data.Shape;
        var square = _stride * _stride;
        if (shape.Rank != 4 || shape[1] % square != 0 || shape[2] % _stride != 0 || shape[3] % _stride != 0 || shape[1] < square)
        {
            throw Node.Error($"data {shape} does not reorganise with a stride of {_stride}");
        }

        context.SetOutput(0, data.Type, new Shape(shape[0], shape[1] * square, shape[2] / _stride, shape[3] / _stride));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var data = context.Input(0);
        var (n, c, h, w) = (data.Shape[0], data.Shape[1], data.Shape[2], data.Shape[3]);
        var s = _stride;
        var channels = c / (s * s);

        // Output order (n, offset row, offset column, c2, h, w); the input holds c2 planes of (h·s) rows of (w·s).
        var copy = default(StridedCopy);
        copy.Add(n, c * h * w, c * h * w);
        copy.Add(s, w * s, s * channels * h * w);
        copy.Add(s, 1, channels * h * w);
        copy.Add(channels, h * s * w * s, h * w);
        copy.Add(h, s * w * s, w);
        copy.Add(w, s, 1);
        copy.Run(ElementSize(data.Type), data.Bytes, 0, context.Output(0).Bytes, 0);
    }
}
