using System.Numerics;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Reductions;

/// <summary>Range-1 (type of the inputs) and Range-4 (attribute <c>output_type</c>): start, start + step … before stop.</summary>
internal sealed class RangeOperation : Operation
{
    private readonly ElementType? _outputType;

    public RangeOperation(GraphNode node, bool hasOutputType)
        : base(node)
    {
        _outputType = hasOutputType ? node.Attributes.GetElementType("output_type") : null;
    }

    // The output's type is the operation's own business; half types are rounded once, at the end.
    public override bool ComputesHalf => true;

    public override bool Infer(OperationContext context)
    {
        var type = _outputType ?? context.Input(0).Type;
        if (!type.IsFloat() && !type.IsInteger())
        {
            throw Node.Error($"element type {type.IrName()} is not supported");
        }

        for (var i = 0; i < 3; i++)
        {
            var input = context.Input(i);
            if (input.Count != 1 || (!input.Type.IsFloat() && !input.Type.IsInteger()))
            {
                throw Node.Error($"input {i} must be one number, not {input.Type.IrName()} {input.Shape}");
            }

            if (!input.HasData)
            {
                return false;
            }
        }

        context.SetOutput(0, type, new Shape(type.IsInteger() ? CountIntegers(context) : CountReals(context)));
        return true;
    }

    public override void Run(OperationContext context)
    {
        var output = context.Output(0);
        if (output.Type.IsInteger())
        {
            FillIntegers(output, Integer(context, 0), Integer(context, 2));
        }
        else
        {
            FillReals(output, ElementConversion.ReadScalar(context.Input(0)), ElementConversion.ReadScalar(context.Input(2)));
        }
    }

    // All inputs are cast to the output's type before anything is computed: fractions go for integers.
    private static long Integer(OperationContext context, int index)
    {
        var input = context.Input(index);
        if (input.Type.IsInteger())
        {
            return ElementConversion.ReadIndex(input, 0);
        }

        var value = ElementConversion.ReadScalar(input);
        return value is > -9e18 and < 9e18 ? (long)value : long.MinValue;
    }

    private long CountIntegers(OperationContext context)
    {
        Int128 start = Integer(context, 0), stop = Integer(context, 1), step = Integer(context, 2);
        if (step == 0)
        {
            throw Node.Error("the step is zero");
        }

        var count = step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step;
        return (long)Int128.Clamp(count, 0, long.MaxValue);
    }

    private double CountRealsExact(OperationContext context)
    {
        var (start, stop, step) = (
            ElementConversion.ReadScalar(context.Input(0)),
            ElementConversion.ReadScalar(context.Input(1)),
            ElementConversion.ReadScalar(context.Input(2)));
        if (step == 0 || !double.IsFinite(start) || !double.IsFinite(stop) || !double.IsFinite(step))
        {
            throw Node.Error("start, stop and step must be finite and the step not zero");
        }

        return Math.Ceiling((stop - start) / step);
    }

    private long CountReals(OperationContext context) => (long)Math.Clamp(CountRealsExact(context), 0, long.MaxValue / 2);

    private static void FillIntegers(TensorValue output, long start, long step)
    {
        switch (output.Type.ByteSize())
        {
            case 1:
                Fill(output.As<byte>(), start, step);
                break;
            case 2:
                Fill(output.As<ushort>(), start, step);
                break;
            case 4:
                Fill(output.As<uint>(), start, step);
                break;
            default:
                Fill(output.As<ulong>(), start, step);
                break;
        }
    }

    private static void Fill<T>(Span<T> output, long start, long step)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (var i = 0; i < output.Length; i++)
        {
            output[i] = T.CreateTruncating(unchecked(start + (i * step)));
        }
    }

    private static void FillReals(TensorValue output, double start, double step)
    {
        Span<double> block = stackalloc double[ElementConversion.Block];
        for (var first = 0; first < output.Count; first += ElementConversion.Block)
        {
            var values = block[..Math.Min(ElementConversion.Block, output.Count - first)];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = start + ((first + i) * step);
            }

            ElementConversion.FromDouble(values, output.Type, output.Bytes, first);
        }
    }
}
