using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>An operation on every element of input 0 by itself.</summary>
internal abstract class UnaryOperation(GraphNode node) : PartitionedOperation(node)
{
    public override bool Infer(OperationContext context)
    {
        var input = context.Input(0);
        if (!Accepts(input.Type))
        {
            throw Node.Error($"element type {input.Type.IrName()} is not supported");
        }

        context.SetOutput(0, OutputType(input.Type), input.Shape);
        return true;
    }

    public override void Run(OperationContext context) => RunUnits(context, context.Input(0).Count, 1);

    /// <summary>Whether the operation is defined for the element type.</summary>
    protected abstract bool Accepts(ElementType type);

    /// <summary>Element type of the output.</summary>
    protected virtual ElementType OutputType(ElementType input) => input;

    /// <summary>Computes a contiguous range of elements.</summary>
    protected abstract void Map(OperationContext context, ElementType type, ReadOnlySpan<byte> source, Span<byte> destination);

    protected override void RunUnits(OperationContext context, int start, int end, int part)
    {
        var (input, output) = (context.Input(0), context.Output(0));
        var inputBytes = input.Type.ByteSize();
        var outputBytes = output.Type.ByteSize();
        Map(
            context,
            input.Type,
            input.Bytes[(start * inputBytes)..(end * inputBytes)],
            output.Bytes[(start * outputBytes)..(end * outputBytes)]);
    }
}

/// <summary>A real function; integers are left alone by those that round (<paramref name="integersUnchanged"/>).</summary>
internal sealed class RealOperation<TFunction>(GraphNode node, TFunction function, bool integersUnchanged = false) : UnaryOperation(node)
    where TFunction : struct, IRealFunction
{
    protected override bool Accepts(ElementType type) => RealMap.IsSupported(type);

    protected override void Map(OperationContext context, ElementType type, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (integersUnchanged && type.IsInteger())
        {
            source.CopyTo(destination);
        }
        else
        {
            RealMap.Run(function, type, source, destination);
        }
    }
}

/// <summary>A real function with scalar parameters in inputs 1 and 2: Swish, Selu, HardSigmoid.</summary>
internal sealed class ParameterOperation<TFunction> : UnaryOperation
    where TFunction : struct, IRealFunction
{
    private readonly double[] _defaults;
    private readonly Func<double, double, TFunction> _create;

    /// <summary>An operation; a parameter without a default (NaN) must be connected.</summary>
    public ParameterOperation(GraphNode node, Func<double, double, TFunction> create, params double[] defaults)
        : base(node)
    {
        (_create, _defaults) = (create, defaults);
    }

    public override bool Infer(OperationContext context)
    {
        for (var i = 0; i < _defaults.Length; i++)
        {
            if (!context.HasInput(i + 1) && double.IsNaN(_defaults[i]))
            {
                throw Node.Error($"input {i + 1} is missing");
            }

            if (context.HasInput(i + 1) && context.Input(i + 1).Count != 1)
            {
                throw Node.Error($"input {i + 1} must have one element, not the shape {context.Input(i + 1).Shape}");
            }
        }

        return base.Infer(context);
    }

    protected override bool Accepts(ElementType type) => RealMap.IsSupported(type);

    protected override void Map(OperationContext context, ElementType type, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var first = Parameter(context, 0);
        RealMap.Run(_create(first, _defaults.Length > 1 ? Parameter(context, 1) : 0), type, source, destination);
    }

    private double Parameter(OperationContext context, int index) =>
        context.HasInput(index + 1) ? ElementConversion.ReadScalar(context.Input(index + 1)) : _defaults[index];
}
