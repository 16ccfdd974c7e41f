namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>Tiles of up to 4 × 4 without vectors: the fallback, and an independent check of the others in tests.</summary>
internal sealed unsafe class ScalarGemmKernel : GemmMicroKernel
{
    public override string Name => "scalar";

    public override int MaxRows => 4;

    public override int VectorWidth => 2;

    public override int DepthBlock => 256;

    public override void Multiply(int rows, bool wide, int depth, float* a, float* b, float* c, nint ldc, bool accumulate)
    {
        // SAFETY: as for the vector kernels: the panels hold depth * rows and depth * columns floats, the tile's rows lie ldc floats apart.
        var columns = wide ? 4 : 2;
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column += 2)
            {
                var target = c + (row * ldc) + column;
                var (left, right) = accumulate ? (target[0], target[1]) : (0f, 0f);
                var x = a + row;
                var y = b + column;
                for (var k = 0; k < depth; k++, x += rows, y += columns)
                {
                    left += *x * y[0];
                    right += *x * y[1];
                }

                (target[0], target[1]) = (left, right);
            }
        }
    }
}
