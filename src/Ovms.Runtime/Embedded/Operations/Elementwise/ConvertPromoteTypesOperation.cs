using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>ConvertPromoteTypes-14: both inputs in their common type.</summary>
internal sealed class ConvertPromoteTypesOperation : Operation
{
    private readonly bool _promoteUnsafe;
    private readonly bool _scalarPromotion;
    private readonly ElementType _unsigned64Target;

    public ConvertPromoteTypesOperation(GraphNode node)
        : base(node)
    {
        _promoteUnsafe = node.Attributes.GetBool("promote_unsafe", false);
        _scalarPromotion = node.Attributes.GetBool("pytorch_scalar_promotion", false);
        _unsigned64Target = node.Attributes.GetElementType("u64_integer_promotion_target", ElementType.F32);
    }

    public override bool ComputesHalf => true;

    public override bool Infer(OperationContext context)
    {
        var (left, right) = (context.Input(0), context.Input(1));
        var common = Promote(left, right);
        context.SetOutput(0, common, left.Shape);
        context.SetOutput(1, common, right.Shape);
        return true;
    }

    public override void Run(OperationContext context)
    {
        for (var i = 0; i < 2; i++)
        {
            var (input, output) = (context.Input(i), context.Output(i));
            ElementConversion.Convert(input.Type, input.Bytes, output.Type, output.Bytes, input.Count);
        }
    }

    private ElementType Promote(TensorValue left, TensorValue right)
    {
        Check(left.Type);
        Check(right.Type);
        if (left.Type == right.Type)
        {
            return left.Type;
        }

        var common = _scalarPromotion && left.Shape.Rank == 0 != (right.Shape.Rank == 0)
            ? left.Shape.Rank == 0 ? WithScalar(right.Type, left.Type) : WithScalar(left.Type, right.Type)
            : Common(left.Type, right.Type);
        if (!_promoteUnsafe && !(IsSafe(left.Type, common) && IsSafe(right.Type, common) && (common == left.Type || common == right.Type)))
        {
            throw Node.Error(
                $"promoting {left.Type.IrName()} and {right.Type.IrName()} to {common.IrName()} is unsafe and promote_unsafe is false");
        }

        return common;
    }

    private void Check(ElementType type)
    {
        if (Category(type) < 0)
        {
            throw Node.Error($"element type {type.IrName()} is not supported");
        }
    }

    private static int Category(ElementType type) => type == ElementType.Boolean ? 0 : type.IsInteger() ? 1 : type.IsFloat() ? 2 : -1;

    // A scalar changes the type of a tensor only when it is of a higher category.
    private static ElementType WithScalar(ElementType tensor, ElementType scalar) =>
        Category(scalar) > Category(tensor) ? scalar : tensor;

    private ElementType Common(ElementType left, ElementType right)
    {
        if (Category(left) != Category(right))
        {
            return Category(left) > Category(right) ? left : right;
        }

        var (wide, narrow) = left.BitSize() >= right.BitSize() ? (left, right) : (right, left);
        if (left.IsFloat())
        {
            return wide.BitSize() > narrow.BitSize() ? wide : ElementType.F32;
        }

        if (IsUnsigned(left) == IsUnsigned(right) || (!IsUnsigned(wide) && wide.BitSize() > narrow.BitSize()))
        {
            return wide;
        }

        // Mixed signs: the next signed type that holds the unsigned one.
        return (IsUnsigned(left) ? left : right) switch
        {
            ElementType.U8 => ElementType.I16,
            ElementType.U16 => ElementType.I32,
            ElementType.U32 => ElementType.I64,
            _ => _unsigned64Target,
        };
    }

    private static bool IsUnsigned(ElementType type) => type is ElementType.U8 or ElementType.U16 or ElementType.U32 or ElementType.U64;

    // Every value of the type has an exact counterpart.
    private static bool IsSafe(ElementType from, ElementType to)
    {
        if (from == to || from == ElementType.Boolean)
        {
            return true;
        }

        if (!from.IsInteger())
        {
            return to.IsFloat() && to.BitSize() > from.BitSize();
        }

        var magnitude = from.BitSize() - (IsUnsigned(from) ? 0 : 1);
        return to switch
        {
            ElementType.F64 => magnitude <= 53,
            ElementType.F32 => magnitude <= 24,
            ElementType.F16 => magnitude <= 11,
            ElementType.BF16 => magnitude <= 8,
            _ => (IsUnsigned(from) || !IsUnsigned(to)) && to.BitSize() - (IsUnsigned(to) ? 0 : 1) >= magnitude,
        };
    }
}
