using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>Inverse-14: inverses of square matrices by elimination with row exchange, in double precision.</summary>
/// <remarks><c>adjoint=true</c> gives the transpose of the inverse, as OpenVINO does (IR sheet §13.5). A singular matrix
/// gives infinities or NaN.</remarks>
internal sealed class Inverse : Operation
{
    private readonly bool _adjoint;

    public Inverse(GraphNode node)
        : base(node)
    {
        _adjoint = node.Attributes.GetBool("adjoint", false);
    }

    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        if (data.Type != ElementType.F32)
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        if (data.Shape.Rank < 2 || data.Shape[data.Shape.Rank - 1] != data.Shape[data.Shape.Rank - 2])
        {
            throw Node.Error($"data of shape {data.Shape} are not square matrices");
        }

        context.SetOutput(0, ElementType.F32, data.Shape);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var n = shape[shape.Rank - 1];
        context.RequestScratch(checked((int)(2 * n * n * sizeof(double))));
    }

    public override void Run(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var n = (int)shape[shape.Rank - 1];
        ReadOnlySpan<float> data = context.Input(0).As<float>();
        var result = context.Output(0).As<float>();
        var work = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(context.Scratch);
        for (var start = 0; start < data.Length; start += n * n)
        {
            Invert(data.Slice(start, n * n), n, work);
            for (var row = 0; row < n; row++)
            {
                for (var column = 0; column < n; column++)
                {
                    result[start + (_adjoint ? (column * n) + row : (row * n) + column)] = (float)work[(row * 2 * n) + n + column];
                }
            }
        }
    }

    // work holds [matrix | identity]; rows are combined until the left half is the identity.
    private static void Invert(ReadOnlySpan<float> matrix, int n, Span<double> work)
    {
        work.Clear();
        for (var row = 0; row < n; row++)
        {
            for (var column = 0; column < n; column++)
            {
                work[(row * 2 * n) + column] = matrix[(row * n) + column];
            }

            work[(row * 2 * n) + n + row] = 1;
        }

        for (var pivot = 0; pivot < n; pivot++)
        {
            var best = pivot;
            for (var row = pivot + 1; row < n; row++)
            {
                best = Math.Abs(work[(row * 2 * n) + pivot]) > Math.Abs(work[(best * 2 * n) + pivot]) ? row : best;
            }

            var own = work.Slice(pivot * 2 * n, 2 * n);
            if (best != pivot)
            {
                var other = work.Slice(best * 2 * n, 2 * n);
                for (var i = 0; i < own.Length; i++)
                {
                    (own[i], other[i]) = (other[i], own[i]);
                }
            }

            var factor = 1 / own[pivot];
            for (var i = 0; i < own.Length; i++)
            {
                own[i] *= factor;
            }

            for (var row = 0; row < n; row++)
            {
                var target = work.Slice(row * 2 * n, 2 * n);
                factor = target[pivot];
                for (var i = 0; row != pivot && i < target.Length; i++)
                {
                    target[i] -= factor * own[i];
                }
            }
        }
    }
}
