using Ovms.Runtime.Embedded.Kernels;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>MatMul in f32 for one set of shapes: which side is packed ahead, which kernel runs.</summary>
internal sealed unsafe class PackedMatMul
{
    private readonly GemmLayout _layout;
    private readonly MatrixOperand _leftTemplate;
    private readonly MatrixOperand _rightTemplate;
    private readonly int _leftInput;
    private readonly bool _isVector;
    private PackedPanels? _packedLeft;
    private PackedPanels? _packedRight;

    /// <summary>Plans the product; <paramref name="swap"/> computes the transposed result, which is the same memory when it is a column.</summary>
    public PackedMatMul(GemmMicroKernel kernel, MatMulShapes shapes, bool swap, bool leftConstant, bool rightConstant, int width)
    {
        var a = new MatrixOperand { Transposed = swap ? !shapes.TransposeA : shapes.TransposeA, Index = shapes.IndexA };
        var b = new MatrixOperand { Transposed = swap ? !shapes.TransposeB : shapes.TransposeB, Index = shapes.IndexB };
        var (m, n) = swap ? (shapes.N, shapes.M) : (shapes.M, shapes.N);
        (_leftTemplate, _rightTemplate) = swap ? (b, a) : (a, b);
        _leftInput = swap ? 1 : 0;
        _isVector = m == 1 && !rightConstant && n > 0 && shapes.K > 0;
        LeftKey = new PackedKey(_leftInput, true, m, shapes.K, swap ? shapes.CountB : shapes.CountA);
        RightKey = new PackedKey(1 - _leftInput, false, n, shapes.K, swap ? shapes.CountA : shapes.CountB);
        _layout = new GemmLayout(kernel, m, n, shapes.K, shapes.Batches, leftConstant, rightConstant, width);
    }

    /// <summary>What is done to finished results.</summary>
    public required GemmEpilogue Epilogue { get; init; }

    /// <summary>Identity of the packed left side.</summary>
    public PackedKey LeftKey { get; }

    /// <summary>Identity of the packed right side.</summary>
    public PackedKey RightKey { get; }

    /// <summary>Scratch memory for all parts.</summary>
    public int ScratchBytes => _isVector ? 0 : checked(_layout.Parts * _layout.PartScratchFloats * sizeof(float));

    /// <summary>Packs the constant left side.</summary>
    public PackedPanels PackLeft(OperationContext context) => Stored(_leftTemplate, context, _leftInput).PackAllLeft(_layout, LeftKey);

    /// <summary>Packs the constant right side.</summary>
    public PackedPanels PackRight(OperationContext context) => Stored(_rightTemplate, context, 1 - _leftInput).PackAllRight(_layout, RightKey);

    /// <summary>Sets the packed sides.</summary>
    public void Attach(PackedPanels? left, PackedPanels? right) => (_packedLeft, _packedRight) = (left, right);

    /// <summary>Multiplies.</summary>
    public void Run(OperationContext context)
    {
        var output = context.Output(0);
        if (output.Count == 0)
        {
            return;
        }

        var jobs = context.RunState as Jobs;
        if (jobs is null)
        {
            context.RunState = jobs = new Jobs();
        }

        var left = Stored(_leftTemplate, context, _leftInput);
        var right = Stored(_rightTemplate, context, 1 - _leftInput);
        var result = ConstantInputs.Floats(output);
        if (_isVector)
        {
            jobs.Vector.Execute(_layout, left, right, result, Epilogue, context.Workers);
            return;
        }

        (left.Packed, right.Packed) = (_packedLeft, _packedRight);

        // SAFETY: the plan gives every request scratch memory of the size asked for; it does not move.
        fixed (byte* scratch = context.Scratch)
        {
            jobs.Matrix.Execute(_layout, left, right, result, Epilogue, (float*)scratch, context.Workers);
        }
    }

    private static MatrixOperand Stored(MatrixOperand template, OperationContext context, int input)
    {
        template.Data = ConstantInputs.Floats(context.Input(input));
        return template;
    }

    // Both kinds, so that one request may run plans of either.
    private sealed class Jobs
    {
        public MatrixJob Matrix { get; } = new();

        public VectorMatrixJob Vector { get; } = new();
    }
}
