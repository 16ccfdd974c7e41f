using Ovms.Runtime.Embedded.Kernels;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>Einsum of two f32 operands as <c>[batch, M, K] · [batch, K, N]</c>: operands are gathered into that order, the result is scattered back.</summary>
internal sealed unsafe class EinsumProduct
{
    private readonly EinsumOrder _left;
    private readonly EinsumOrder _right;
    private readonly EinsumOrder _result;
    private readonly int[]? _index;
    private readonly GemmLayout _layout;

    public EinsumProduct(EinsumPlan plan, GemmMicroKernel kernel, int width)
    {
        List<int> batch = [], rows = [], columns = [], depth = [];
        for (var label = 0; label < plan.Sizes.Length; label++)
        {
            var (inLeft, inRight) = (plan.Strides[0][label] != 0, plan.Strides[1][label] != 0);
            (plan.IsReduced[label] ? depth : inLeft && inRight ? batch : inRight ? columns : rows).Add(label);
        }

        _left = new EinsumOrder(plan.Sizes, plan.Strides[0], [.. batch, .. rows, .. depth]);
        _right = new EinsumOrder(plan.Sizes, plan.Strides[1], [.. batch, .. depth, .. columns]);
        _result = new EinsumOrder(plan.Sizes, plan.OutputStrides, [.. batch, .. rows, .. columns]);
        var batches = Count(plan, batch);
        _index = batches == 1 ? null : [.. Enumerable.Range(0, batches)];
        _layout = new GemmLayout(kernel, Count(plan, rows), Count(plan, columns), Count(plan, depth), batches, false, false, width);
    }

    /// <summary>Scratch memory: both operands, the result, the product's own.</summary>
    public int ScratchBytes => checked((GemmLayout.Align(_left.Count) + GemmLayout.Align(_right.Count) + GemmLayout.Align(_result.Count)
        + (_layout.Parts * _layout.PartScratchFloats)) * sizeof(float));

    /// <summary>Multiplies.</summary>
    public void Run(OperationContext context)
    {
        if (context.Output(0).Count == 0)
        {
            return;
        }

        var job = context.RunState as MatrixJob;
        if (job is null)
        {
            context.RunState = job = new MatrixJob();
        }

        // SAFETY: the plan gives every request scratch memory of the size asked for; it does not move.
        fixed (byte* scratch = context.Scratch)
        {
            var left = (float*)scratch;
            var right = left + GemmLayout.Align(_left.Count);
            var result = right + GemmLayout.Align(_right.Count);
            var product = result + GemmLayout.Align(_result.Count);
            _left.Gather(context.Input(0).As<float>(), new Span<float>(left, _left.Count));
            _right.Gather(context.Input(1).As<float>(), new Span<float>(right, _right.Count));
            job.Execute(
                _layout,
                new MatrixOperand { Data = left, Index = _index },
                new MatrixOperand { Data = right, Index = _index },
                result,
                GemmEpilogue.None,
                product,
                context.Workers);
            _result.Scatter(new Span<float>(result, _result.Count), context.Output(0).As<float>());
        }
    }

    private static int Count(EinsumPlan plan, List<int> labels)
    {
        long count = 1;
        foreach (var label in labels)
        {
            count = checked(count * plan.Sizes[label]);
        }

        return checked((int)count);
    }
}
