using System.Runtime.InteropServices;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>What <see cref="PredicateOperation"/> asks.</summary>
internal enum FloatPredicate
{
    IsFinite,
    IsInf,
    IsNaN,
}

/// <summary>IsFinite, IsInf, IsNaN: floating point to boolean.</summary>
internal sealed class PredicateOperation : UnaryOperation
{
    private readonly FloatPredicate _predicate;
    private readonly bool _negative;
    private readonly bool _positive;

    public PredicateOperation(GraphNode node, FloatPredicate predicate)
        : base(node)
    {
        _predicate = predicate;
        _negative = node.Attributes.GetBool("detect_negative", true);
        _positive = node.Attributes.GetBool("detect_positive", true);
    }

    protected override bool Accepts(ElementType type) => type is ElementType.F32 or ElementType.F64;

    protected override ElementType OutputType(ElementType input) => ElementType.Boolean;

    protected override void Map(OperationContext context, ElementType type, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (type == ElementType.F32)
        {
            var values = MemoryMarshal.Cast<byte, float>(source);
            for (var i = 0; i < values.Length; i++)
            {
                destination[i] = Test(values[i]) ? (byte)1 : (byte)0;
            }
        }
        else
        {
            var values = MemoryMarshal.Cast<byte, double>(source);
            for (var i = 0; i < values.Length; i++)
            {
                destination[i] = Test(values[i]) ? (byte)1 : (byte)0;
            }
        }
    }

    private bool Test(double value) => _predicate switch
    {
        FloatPredicate.IsFinite => double.IsFinite(value),
        FloatPredicate.IsNaN => double.IsNaN(value),
        _ => (_positive && double.IsPositiveInfinity(value)) || (_negative && double.IsNegativeInfinity(value)),
    };
}

/// <summary>LogicalNot (boolean; other bytes count as true) and BitwiseNot (integers; logical on boolean).</summary>
internal sealed class NotOperation(GraphNode node, bool bitwise) : UnaryOperation(node)
{
    protected override bool Accepts(ElementType type) =>
        type == ElementType.Boolean || (bitwise ? type.IsInteger() : type == ElementType.U8);

    protected override ElementType OutputType(ElementType input) => bitwise ? input : ElementType.Boolean;

    protected override void Map(OperationContext context, ElementType type, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (bitwise && type != ElementType.Boolean)
        {
            System.Numerics.Tensors.TensorPrimitives.OnesComplement(source, destination);
            return;
        }

        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = source[i] == 0 ? (byte)1 : (byte)0;
        }
    }
}
