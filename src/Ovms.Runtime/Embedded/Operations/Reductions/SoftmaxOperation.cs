using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Reductions;

/// <summary>SoftMax and LogSoftmax along one axis, the maximum subtracted first.</summary>
internal sealed class SoftmaxOperation : PartitionedOperation
{
    private readonly bool _isLog;
    private readonly bool _allowNegative;
    private readonly long _axis;

    public SoftmaxOperation(GraphNode node, bool isLog, bool allowNegative)
        : base(node)
    {
        (_isLog, _allowNegative, _axis) = (isLog, allowNegative, node.Attributes.GetInt("axis", 1));
    }

    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        if (data.Type is not (ElementType.F32 or ElementType.F64))
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        if (_axis < 0 && !_allowNegative)
        {
            throw Node.Error("axis must not be negative");
        }

        _ = AxisWalk.NormalizeAxis(Node, _axis, data.Shape.Rank);
        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var axis = AxisWalk.NormalizeAxis(Node, _axis, shape.Rank);
        context.State = new Layout((int)shape.Product(0, axis), (int)shape[axis], (int)shape.Product(axis + 1, shape.Rank));
    }

    public override void Run(OperationContext context)
    {
        var layout = (Layout)context.State!;
        if (context.Output(0).Count > 0)
        {
            RunUnits(context, layout.Outer * layout.Lanes, layout.Size * (layout.Inner == 1 ? 1 : Layout.LanesPerUnit));
        }
    }

    protected override void RunUnits(OperationContext context, int start, int end, int part)
    {
        var layout = (Layout)context.State!;
        for (var unit = start; unit < end; unit++)
        {
            var lane = unit % layout.Lanes * Layout.LanesPerUnit;
            var first = (unit / layout.Lanes * layout.Size * layout.Inner) + lane;
            if (context.Input(0).Type == ElementType.F64)
            {
                var length = Math.Min(Layout.LanesPerUnit, layout.Inner - lane);
                for (var i = 0; i < length; i++)
                {
                    Strided(context.Input(0).As<double>()[(first + i)..], context.Output(0).As<double>()[(first + i)..], layout);
                }
            }
            else if (layout.Inner == 1)
            {
                Row(context.Input(0).As<float>().Slice(first, layout.Size), context.Output(0).As<float>().Slice(first, layout.Size));
            }
            else
            {
                Lanes(context.Input(0).As<float>()[first..], context.Output(0).As<float>()[first..], layout, layout.Inner - lane);
            }
        }
    }

    private void Row(ReadOnlySpan<float> input, Span<float> output)
    {
        var max = ReduceOps.Max.Fold(input);
        var sum = ExpInto(input, output, max);
        if (_isLog)
        {
            LogFrom(input, output, max, LogOf(sum));
            return;
        }

        System.Numerics.Tensors.TensorPrimitives.Multiply(output, 1 / sum, output);
    }

    // The device's e^NaN is +inf here: the defined elements of a row with NaN become -inf, not NaN. There is one expected result only.
    private static float LogOf(float sum) => MathF.Log(float.IsNaN(sum) ? float.PositiveInfinity : sum);

    private static float ExpInto(ReadOnlySpan<float> input, Span<float> output, float max)
    {
        ref var from = ref MemoryMarshal.GetReference(input);
        ref var to = ref MemoryMarshal.GetReference(output);
        var shift = Vector256.Create(max);
        var sums = Vector256<float>.Zero;
        var i = 0;
        for (; i <= input.Length - 8; i += 8)
        {
            var e = VectorMath.Exp(Vector256.LoadUnsafe(ref from, (nuint)i) - shift);
            e.StoreUnsafe(ref to, (nuint)i);
            sums += e;
        }

        var sum = Vector256.Sum(sums);
        for (; i < input.Length; i++)
        {
            sum += output[i] = MathF.Exp(input[i] - max);
        }

        return sum;
    }

    private static void LogFrom(ReadOnlySpan<float> input, Span<float> output, float max, float log)
    {
        ref var from = ref MemoryMarshal.GetReference(input);
        ref var to = ref MemoryMarshal.GetReference(output);
        var i = 0;
        for (; i <= input.Length - 8; i += 8)
        {
            (Vector256.LoadUnsafe(ref from, (nuint)i) - Vector256.Create(max) - Vector256.Create(log)).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < input.Length; i++)
        {
            output[i] = input[i] - max - log;
        }
    }

    // Eight neighbouring lanes at once, element after element of the axis; fewer lanes one by one.
    private void Lanes(ReadOnlySpan<float> input, Span<float> output, Layout layout, int lanes)
    {
        if (lanes < Layout.LanesPerUnit)
        {
            for (var i = 0; i < lanes; i++)
            {
                Strided(input[i..], output[i..], layout);
            }

            return;
        }

        // Slices prove the bounds of the references below.
        ref var from = ref MemoryMarshal.GetReference(input[..(((layout.Size - 1) * layout.Inner) + Layout.LanesPerUnit)]);
        ref var to = ref MemoryMarshal.GetReference(output[..(((layout.Size - 1) * layout.Inner) + Layout.LanesPerUnit)]);
        var max = Vector256.Create(float.NegativeInfinity);
        for (var i = 0; i < layout.Size; i++)
        {
            var x = Vector256.LoadUnsafe(ref from, (nuint)(i * layout.Inner));
            max = Vector256.ConditionalSelect(Vector256.LessThan(max, x), x, max);
        }

        var sum = Vector256<float>.Zero;
        for (var i = 0; i < layout.Size; i++)
        {
            var e = VectorMath.Exp(Vector256.LoadUnsafe(ref from, (nuint)(i * layout.Inner)) - max);
            e.StoreUnsafe(ref to, (nuint)(i * layout.Inner));
            sum += e;
        }

        if (_isLog)
        {
            sum = Vector256.ConditionalSelect(Vector256.Equals(sum, sum), sum, Vector256.Create(float.PositiveInfinity));
        }

        var last = _isLog ? Vector256.Log(sum) : Vector256<float>.One / sum;
        for (var i = 0; i < layout.Size; i++)
        {
            var at = (nuint)(i * layout.Inner);
            var y = _isLog ? Vector256.LoadUnsafe(ref from, at) - max - last : Vector256.LoadUnsafe(ref to, at) * last;
            y.StoreUnsafe(ref to, at);
        }
    }

    private void Strided(ReadOnlySpan<float> input, Span<float> output, Layout layout)
    {
        var (max, sum) = (float.NegativeInfinity, 0f);
        for (var i = 0; i < layout.Size; i++)
        {
            max = max < input[i * layout.Inner] ? input[i * layout.Inner] : max;
        }

        for (var i = 0; i < layout.Size; i++)
        {
            sum += output[i * layout.Inner] = MathF.Exp(input[i * layout.Inner] - max);
        }

        for (var i = 0; i < layout.Size; i++)
        {
            output[i * layout.Inner] = _isLog ? input[i * layout.Inner] - max - LogOf(sum) : output[i * layout.Inner] / sum;
        }
    }

    private void Strided(ReadOnlySpan<double> input, Span<double> output, Layout layout)
    {
        var (max, sum) = (double.NegativeInfinity, 0.0);
        for (var i = 0; i < layout.Size; i++)
        {
            max = max < input[i * layout.Inner] ? input[i * layout.Inner] : max;
        }

        for (var i = 0; i < layout.Size; i++)
        {
            sum += output[i * layout.Inner] = Math.Exp(input[i * layout.Inner] - max);
        }

        var log = Math.Log(double.IsNaN(sum) ? double.PositiveInfinity : sum);
        for (var i = 0; i < layout.Size; i++)
        {
            output[i * layout.Inner] = _isLog ? input[i * layout.Inner] - max - log : output[i * layout.Inner] / sum;
        }
    }

    /// <summary>The data as [Outer, Size, Inner].</summary>
    private sealed record Layout(int Outer, int Size, int Inner)
    {
        public const int LanesPerUnit = 8;

        /// <summary>Units of every outer position.</summary>
        public int Lanes => Inner == 1 ? 1 : (Inner + LanesPerUnit - 1) / LanesPerUnit;
    }
}
