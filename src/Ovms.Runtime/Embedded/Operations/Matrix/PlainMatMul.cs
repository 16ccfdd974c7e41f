using System.Numerics;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>MatMul by plain loops, for f64 and integers. Integers wrap.</summary>
internal static class PlainMatMul
{
    /// <summary>Multiplies all batches.</summary>
    public static void Run<T>(OperationContext context, MatMulShapes shapes)
        where T : unmanaged, INumberBase<T>
    {
        var (m, n, k) = (shapes.M, shapes.N, shapes.K);
        ReadOnlySpan<T> a = context.Input(0).As<T>();
        ReadOnlySpan<T> b = context.Input(1).As<T>();
        var result = context.Output(0).As<T>();
        for (var batch = 0; batch < shapes.Batches; batch++)
        {
            var left = a.Slice((shapes.IndexA is { } x ? x[batch] : 0) * m * k, m * k);
            var right = b.Slice((shapes.IndexB is { } y ? y[batch] : 0) * n * k, n * k);
            Multiply<T>(left, right, result.Slice(batch * m * n, m * n), shapes);
        }
    }

    private static void Multiply<T>(ReadOnlySpan<T> left, ReadOnlySpan<T> right, Span<T> result, MatMulShapes shapes)
        where T : unmanaged, INumberBase<T>
    {
        var (m, n, k) = (shapes.M, shapes.N, shapes.K);
        for (var row = 0; row < m; row++)
        {
            var target = result.Slice(row * n, n);
            target.Clear();
            for (var depth = 0; depth < k; depth++)
            {
                var value = left[shapes.TransposeA ? (depth * m) + row : (row * k) + depth];
                if (shapes.TransposeB)
                {
                    for (var column = 0; column < target.Length; column++)
                    {
                        target[column] += value * right[(column * k) + depth];
                    }
                }
                else
                {
                    var source = right.Slice(depth * n, n);
                    for (var column = 0; column < target.Length; column++)
                    {
                        target[column] += value * source[column];
                    }
                }
            }
        }
    }
}
