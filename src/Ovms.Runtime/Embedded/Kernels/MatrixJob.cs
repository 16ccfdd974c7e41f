namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>A product of stored matrices: row-major, each possibly transposed, with an offset per batch.</summary>
internal sealed unsafe class MatrixJob : GemmJob
{
    private MatrixOperand _left;
    private MatrixOperand _right;
    private float* _result;

    /// <summary>Computes <c>result[batch] = left[batch] · right[batch]</c> for every batch of the layout.</summary>
    public void Execute(GemmLayout layout, in MatrixOperand left, in MatrixOperand right, float* result, GemmEpilogue epilogue, float* scratch, WorkerPool workers)
    {
        (_left, _right) = (left, right);
        _result = result;
        Execute(layout, epilogue, scratch, workers);
    }

    protected override float* PackedLeft(int batch) => _left.Packed!.Data + ((_left.Index is { } index ? index[batch] : 0) * (nint)_left.Packed.Stride);

    protected override float* PackedRight(int batch) => _right.Packed!.Data + ((_right.Index is { } index ? index[batch] : 0) * (nint)_right.Packed.Stride);

    protected override void PackLeft(int batch, int row, int rows, int k, int depth, float* target) => _left.PackLeft(Layout, batch, row, rows, k, depth, target);

    protected override void PackRight(int batch, int column, int columns, int width, int k, int depth, float* target) =>
        _right.PackRight(Layout, batch, column, columns, width, k, depth, target);

    protected override float* Result(int batch, int part) => _result + ((nint)batch * Layout.M * Layout.N);
}
