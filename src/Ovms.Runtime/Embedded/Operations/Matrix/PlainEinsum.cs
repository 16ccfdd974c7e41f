using System.Numerics;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>Einsum by plain loops over all labels.</summary>
internal static class PlainEinsum
{
    /// <summary>Computes the result.</summary>
    public static void Run<T>(OperationContext context, EinsumPlan plan)
        where T : unmanaged, INumberBase<T>
    {
        var result = context.Output(0).As<T>();
        result.Clear();
        long total = 1;
        foreach (var size in plan.Sizes)
        {
            total *= size;
        }

        for (long i = 0; i < total; i++)
        {
            var product = T.One;
            for (var operand = 0; operand < plan.Strides.Length; operand++)
            {
                product *= context.Input(operand).As<T>()[(int)Offset(plan.Sizes, plan.Strides[operand], i)];
            }

            result[(int)Offset(plan.Sizes, plan.OutputStrides, i)] += product;
        }
    }

    private static long Offset(long[] sizes, long[] strides, long index)
    {
        long offset = 0;
        for (var label = sizes.Length - 1; label >= 0; label--)
        {
            offset += index % sizes[label] * strides[label];
            index /= sizes[label];
        }

        return offset;
    }
}
