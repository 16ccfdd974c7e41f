using System.Runtime.Intrinsics;

namespace Ovms.Runtime.Embedded.Kernels;

/// <summary>Row vectors times stored matrices that are not packed ahead: each matrix is read once, in order, where it lies.</summary>
internal sealed unsafe class VectorMatrixJob : IParallelWork
{
    // A task: this many columns of one product, so that sums of a plain matrix stay in the first-level cache.
    private const int ColumnBlock = 1024;

    // Multiply-adds below which one thread is faster (some 20 µs); the matrix comes from memory, so fewer than for a packed product.
    private const long ParallelThreshold = 500_000;

    private int _n;
    private int _k;
    private int _tasks;
    private int _parts;
    private MatrixOperand _vector;
    private MatrixOperand _matrix;
    private float* _result;
    private GemmEpilogue _epilogue = GemmEpilogue.None;

    /// <summary>Computes <c>result[batch, n] = vector[batch, k] · matrix[batch]</c>.</summary>
    public void Execute(GemmLayout layout, in MatrixOperand vector, in MatrixOperand matrix, float* result, GemmEpilogue epilogue, WorkerPool workers)
    {
        (_n, _k, _vector, _matrix, _epilogue) = (layout.N, layout.K, vector, matrix, epilogue);
        _result = result;
        _tasks = checked(layout.Batches * ((_n + ColumnBlock - 1) / ColumnBlock));
        _parts = (long)_n * _k * layout.Batches < ParallelThreshold ? 1 : Math.Min(_tasks, workers.Width);
        if (_parts > 1)
        {
            workers.Run(this, _parts);
        }
        else
        {
            Run(0);
        }
    }

    public void Run(int part)
    {
        var blocks = (_n + ColumnBlock - 1) / ColumnBlock;
        for (var task = part; task < _tasks; task += _parts)
        {
            var batch = task / blocks;
            var column = task % blocks * ColumnBlock;
            var columns = Math.Min(ColumnBlock, _n - column);

            // SAFETY: the operands hold k floats a vector and n * k a matrix, the result n a batch; the request keeps all three.
            var vector = _vector.Data + ((_vector.Index is { } v ? v[batch] : 0) * (nint)_k);
            var matrix = _matrix.Data + ((_matrix.Index is { } m ? m[batch] : 0) * (nint)_n * _k);
            var result = _result + ((nint)batch * _n) + column;
            if (_matrix.Transposed)
            {
                Dots(vector, matrix + ((nint)column * _k), _k, columns, result);
            }
            else
            {
                Sums(vector, matrix + column, _n, _k, columns, result);
            }

            if (!_epilogue.IsEmpty)
            {
                _epilogue.Apply(new Span<float>(result, columns), 0, column);
            }
        }
    }

    // result[j] = Σ vector[k] * matrix[j * k + k]: four rows at once share the loads of the vector.
    private static void Dots(float* vector, float* matrix, int k, int columns, float* result)
    {
        var j = 0;
        for (; j <= columns - 4; j += 4, matrix += 4 * (nint)k)
        {
            Vector256<float> a = default, b = default, c = default, d = default;
            var i = 0;
            for (; i <= k - 8; i += 8)
            {
                var x = Vector256.Load(vector + i);
                a = Vector256.MultiplyAddEstimate(x, Vector256.Load(matrix + i), a);
                b = Vector256.MultiplyAddEstimate(x, Vector256.Load(matrix + k + i), b);
                c = Vector256.MultiplyAddEstimate(x, Vector256.Load(matrix + (2 * (nint)k) + i), c);
                d = Vector256.MultiplyAddEstimate(x, Vector256.Load(matrix + (3 * (nint)k) + i), d);
            }

            var (e, f, g, h) = (Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d));
            for (; i < k; i++)
            {
                e += vector[i] * matrix[i];
                f += vector[i] * matrix[k + i];
                g += vector[i] * matrix[(2 * (nint)k) + i];
                h += vector[i] * matrix[(3 * (nint)k) + i];
            }

            (result[j], result[j + 1], result[j + 2], result[j + 3]) = (e, f, g, h);
        }

        for (; j < columns; j++, matrix += k)
        {
            Vector256<float> a = default;
            var i = 0;
            for (; i <= k - 8; i += 8)
            {
                a = Vector256.MultiplyAddEstimate(Vector256.Load(vector + i), Vector256.Load(matrix + i), a);
            }

            var sum = Vector256.Sum(a);
            for (; i < k; i++)
            {
                sum += vector[i] * matrix[i];
            }

            result[j] = sum;
        }
    }

    // result[j] = Σ vector[k] * matrix[k * ld + j]: rows of the matrix are added, four at a time.
    private static void Sums(float* vector, float* matrix, int ld, int k, int columns, float* result)
    {
        new Span<float>(result, columns).Clear();
        var i = 0;
        for (; i <= k - 4; i += 4, matrix += 4 * (nint)ld)
        {
            var (x0, x1, x2, x3) = (vector[i], vector[i + 1], vector[i + 2], vector[i + 3]);
            float* m1 = matrix + ld, m2 = m1 + ld, m3 = m2 + ld;
            var j = 0;
            for (; j <= columns - 8; j += 8)
            {
                var sum = Vector256.MultiplyAddEstimate(Vector256.Create(x0), Vector256.Load(matrix + j), Vector256.Load(result + j));
                sum = Vector256.MultiplyAddEstimate(Vector256.Create(x1), Vector256.Load(m1 + j), sum);
                sum = Vector256.MultiplyAddEstimate(Vector256.Create(x2), Vector256.Load(m2 + j), sum);
                Vector256.MultiplyAddEstimate(Vector256.Create(x3), Vector256.Load(m3 + j), sum).Store(result + j);
            }

            for (; j < columns; j++)
            {
                result[j] += (x0 * matrix[j]) + (x1 * m1[j]) + (x2 * m2[j]) + (x3 * m3[j]);
            }
        }

        for (; i < k; i++, matrix += ld)
        {
            for (var j = 0; j < columns; j++)
            {
                result[j] += vector[i] * matrix[j];
            }
        }
    }
}
