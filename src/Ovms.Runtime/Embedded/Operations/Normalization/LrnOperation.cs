using System.Runtime.InteropServices;
using Ovms.Runtime.Embedded.Operations.Reductions;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Normalization;

/// <summary>LRN-1: x / (bias + alpha/size^axes · Σx²)^beta with the sum over a window of <c>size</c> along each of the axes, clipped at the
/// borders.</summary>
/// <remarks>The window is a box, so the sums are made axis after axis in scratch memory.</remarks>
internal sealed class LrnOperation : Operation
{
    private readonly double _alpha;
    private readonly double _beta;
    private readonly double _bias;
    private readonly int _size;

    public LrnOperation(GraphNode node)
        : base(node)
    {
        (_alpha, _beta) = (node.Attributes.GetFloat("alpha"), node.Attributes.GetFloat("beta"));
        (_bias, _size) = (node.Attributes.GetFloat("bias"), (int)node.Attributes.GetInt("size"));
        if (_size <= 0)
        {
            throw node.Error("size must be positive");
        }
    }

    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        if (data.Type != ElementType.F32)
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        if (!context.Input(1).HasData)
        {
            return false;
        }

        _ = AxisWalk.ReadAxes(Node, context.Input(1), data.Shape.Rank);
        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    public override void Prepare(OperationContext context) =>
        context.RequestScratch(checked(context.Input(0).Count * 2 * sizeof(float)));

    public override void Run(OperationContext context)
    {
        var input = context.Input(0).As<float>();
        var output = context.Output(0).As<float>();
        var shape = context.Input(0).Shape;
        var scratch = MemoryMarshal.Cast<byte, float>(context.Scratch);
        var sums = scratch[..input.Length];
        var next = scratch[input.Length..];
        System.Numerics.Tensors.TensorPrimitives.Multiply(input, input, sums);
        var axes = AxisWalk.ReadAxes(Node, context.Input(1), shape.Rank);
        var scale = _alpha;
        for (var axis = 0; axis < shape.Rank; axis++)
        {
            if (((axes >> axis) & 1) == 0)
            {
                continue;
            }

            scale /= _size;
            AddWindow(sums, next, (int)shape.Product(0, axis), (int)shape[axis], (int)shape.Product(axis + 1, shape.Rank));
            var swapped = sums;
            sums = next;
            next = swapped;
        }

        for (var i = 0; i < input.Length; i++)
        {
            output[i] = input[i] / Power((float)(_bias + (scale * sums[i])));
        }
    }

    private void AddWindow(ReadOnlySpan<float> source, Span<float> target, int outer, int size, int inner)
    {
        // For even sizes the reference takes (size − 1)/2 on both sides, an odd window.
        var reach = (_size - 1) / 2;
        for (var position = 0; position < outer; position++)
        {
            for (var i = 0; i < size; i++)
            {
                var sum = target.Slice(((position * size) + i) * inner, inner);
                sum.Clear();
                for (var at = Math.Max(i - reach, 0); at <= Math.Min(i + reach, size - 1); at++)
                {
                    System.Numerics.Tensors.TensorPrimitives.Add(sum, source.Slice(((position * size) + at) * inner, inner), sum);
                }
            }
        }
    }

    private float Power(float value) => _beta switch
    {
        0.5 => MathF.Sqrt(value),
        0.75 => MathF.Sqrt(value) * MathF.Sqrt(MathF.Sqrt(value)),
        1 => value,
        _ => MathF.Pow(value, (float)_beta),
    };
}
