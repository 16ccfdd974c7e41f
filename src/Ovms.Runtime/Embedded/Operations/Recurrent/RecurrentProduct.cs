using Ovms.Runtime.Embedded.Kernels;
using Ovms.Runtime.Embedded.Operations.Matrix;

namespace Ovms.Runtime.Embedded.Operations.Recurrent;

/// <summary>Rows times the transpose of some rows of a weight input, the weights packed ahead when they are constant.</summary>
internal sealed unsafe class RecurrentProduct
{
    private readonly GemmLayout _layout;
    private readonly int _input;
    private readonly long _offset;
    private readonly PackedPanels? _packed;

    /// <summary>Plans the product with rows [offset ÷ k, + n) of weight input <paramref name="input"/>; <paramref name="cache"/> is null when
    /// the weights are not constant.</summary>
    public RecurrentProduct(OperationContext context, int input, long offset, int m, int n, int k, PackedCache? cache)
    {
        (_input, _offset) = (input, offset);
        _layout = new GemmLayout(GemmMicroKernel.Best, m, n, k, 1, false, cache is not null, context.Workers.Width);
        if (cache is not null)
        {
            _packed = cache.GetOrPack(Weights(context), _layout, new PackedKey(input, false, n, k, 1), offset);
        }
    }

    /// <summary>Scratch floats of the product.</summary>
    public int ScratchFloats => checked(_layout.Parts * _layout.PartScratchFloats);

    /// <summary>Computes <c>result[m, n] = left[m, k] · weightsᵀ</c>.</summary>
    public void Run(OperationContext context, MatrixJob job, float* left, float* result, float* scratch)
    {
        var right = Weights(context);
        right.Packed = _packed;
        job.Execute(_layout, new MatrixOperand { Data = left }, right, result, GemmEpilogue.None, scratch, context.Workers);
    }

    private MatrixOperand Weights(OperationContext context) =>
        new() { Data = ConstantInputs.Floats(context.Input(_input)) + _offset, Transposed = true };
}
