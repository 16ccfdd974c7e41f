using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>Whether an input is the same in every plan and request, so that work on it may be done once.</summary>
internal static class ConstantInputs
{
    // A weight's way from its Const: Convert, Multiply, Reshape, Transpose ... Longer chains are simply not treated as constant.
    private const int MaxDepth = 16;

    /// <summary>True when the input has data now and stems from constants only.</summary>
    /// <remarks>Data alone does not tell: plans made while running see all inputs with data.</remarks>
    public static bool IsConstant(OperationContext context, GraphNode node, int input) =>
        input < node.Inputs.Length && context.Input(input).HasData && IsConstant(node.Inputs[input].Node, MaxDepth);

    /// <summary>Address of the elements of a value.</summary>
    public static unsafe float* Floats(TensorValue value) => (float*)Address(value.Memory!, value.Offset);

    private static nint Address(TensorMemory memory, int offset) => memory.Address + offset;

    private static bool IsConstant(GraphNode node, int depth)
    {
        if (node.Constant is not null)
        {
            return true;
        }

        if (depth == 0 || node.Inputs.Length == 0 || node.Bodies.Length > 0 || IsStateful(node.Type))
        {
            return false;
        }

        foreach (var input in node.Inputs)
        {
            if (!IsConstant(input.Node, depth - 1))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsStateful(string type) =>
        type.Equals("ReadValue", StringComparison.OrdinalIgnoreCase)
        || type.Equals("Assign", StringComparison.OrdinalIgnoreCase)
        || type.Equals("RandomUniform", StringComparison.OrdinalIgnoreCase)
        || type.Equals("Multinomial", StringComparison.OrdinalIgnoreCase);
}
