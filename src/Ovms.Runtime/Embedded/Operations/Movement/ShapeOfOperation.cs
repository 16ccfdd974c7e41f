using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>ShapeOf-1 (i64) and ShapeOf-3 (<c>output_type</c>): the dimensions as a 1-D tensor.</summary>
internal sealed class ShapeOfOperation : MovementOperation
{
    private readonly ElementType _type;

    public ShapeOfOperation(GraphNode node, bool hasType)
        : base(node)
    {
        RequireInputs(1);
        _type = hasType ? node.Attributes.GetElementType("output_type") : ElementType.I64;
        if (_type is not (ElementType.I64 or ElementType.I32))
        {
            throw node.Error($"output_type {_type.IrName()} is neither i64 nor i32");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        context.SetOutput(0, _type, new Shape(context.Input(0).Shape.Rank));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var output = context.Output(0);
        for (var i = 0; i < shape.Rank; i++)
        {
            if (_type == ElementType.I64)
            {
                output.As<long>()[i] = shape[i];
            }
            else
            {
                output.As<int>()[i] = (int)shape[i];
            }
        }
    }
}
