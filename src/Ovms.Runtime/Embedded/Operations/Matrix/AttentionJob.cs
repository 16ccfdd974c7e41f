using System.Numerics.Tensors;
using Ovms.Runtime.Embedded.Kernels;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>A running attention; products are shared out among threads. Kept by a request and reused.</summary>
internal sealed unsafe class AttentionJob : IParallelWork
{
    // SAFETY (whole class): offsets come from the shapes of the tensors the request holds; every part has scratch memory of its own.
    private readonly MatrixJob[] _matrix;
    private readonly VectorMatrixJob[] _vector;
    private OperationContext _context = null!;
    private AttentionShapes _shapes = null!;
    private GemmLayout _scores = null!;
    private GemmLayout _sums = null!;
    private bool _causal;
    private float _scale;
    private float* _scratch;
    private int _partFloats;
    private int _parts;

    public AttentionJob(int width)
    {
        _matrix = new MatrixJob[width];
        _vector = new VectorMatrixJob[width];
        for (var i = 0; i < width; i++)
        {
            (_matrix[i], _vector[i]) = (new MatrixJob(), new VectorMatrixJob());
        }
    }

    /// <summary>Threads it has objects for.</summary>
    public int Width => _matrix.Length;

    /// <summary>Computes the result.</summary>
    public void Execute(
        OperationContext context, AttentionShapes shapes, bool causal, GemmLayout scores, GemmLayout sums, float* scratch, int partFloats, int parts)
    {
        (_context, _shapes, _causal, _scores, _sums, _partFloats, _parts) = (context, shapes, causal, scores, sums, partFloats, parts);
        _scratch = scratch;
        _scale = context.HasInput(4) ? context.Input(4).As<float>()[0] : 1f / MathF.Sqrt(shapes.E);
        if (parts > 1)
        {
            context.Workers.Run(this, parts);
        }
        else
        {
            Run(0);
        }
    }

    public void Run(int part)
    {
        for (var batch = part; batch < _shapes.Batches; batch += _parts)
        {
            RunBatch(batch, part);
        }
    }

    private void RunBatch(int batch, int part)
    {
        var shapes = _shapes;
        var scores = _scratch + ((nint)part * _partFloats);
        var product = scores + GemmLayout.Align(shapes.L * shapes.S);
        var query = new MatrixOperand { Data = ConstantInputs.Floats(_context.Input(0)) + shapes.Query[batch] };
        var key = new MatrixOperand { Data = ConstantInputs.Floats(_context.Input(1)) + shapes.Key[batch], Transposed = true };
        var value = new MatrixOperand { Data = ConstantInputs.Floats(_context.Input(2)) + shapes.Value[batch] };
        var result = ConstantInputs.Floats(_context.Output(0)) + ((nint)batch * shapes.L * shapes.V);
        Multiply(_scores, query, key, scores, product, part);
        for (var row = 0; row < shapes.L; row++)
        {
            var weights = new Span<float>(scores + ((nint)row * shapes.S), shapes.S);
            TensorPrimitives.Multiply(weights, _scale, weights);
            if (shapes.Mask is { } mask)
            {
                AddMask(weights, mask[batch] + (row * shapes.MaskRow));
            }

            if (_causal && row + 1 < weights.Length)
            {
                weights[(row + 1)..].Clear();
                weights = weights[..(row + 1)];
            }

            SoftMax(weights);
        }

        Multiply(_sums, new MatrixOperand { Data = scores }, value, result, product, part);
    }

    // A single query reads keys and values where they lie.
    private void Multiply(GemmLayout layout, in MatrixOperand left, in MatrixOperand right, float* result, float* scratch, int part)
    {
        if (layout.M == 1 && layout.K > 0)
        {
            _vector[part].Execute(layout, left, right, result, GemmEpilogue.None, WorkerPool.Inline);
        }
        else
        {
            _matrix[part].Execute(layout, left, right, result, GemmEpilogue.None, scratch, WorkerPool.Inline);
        }
    }

    private void AddMask(Span<float> weights, int offset)
    {
        var mask = _context.Input(3);
        if (mask.Type == ElementType.Boolean)
        {
            var keep = mask.As<byte>();
            for (var i = 0; i < weights.Length; i++)
            {
                weights[i] = keep[offset + (i * _shapes.MaskColumn)] != 0 ? weights[i] : float.NegativeInfinity;
            }
        }
        else if (_shapes.MaskColumn == 0)
        {
            TensorPrimitives.Add(weights, mask.As<float>()[offset], weights);
        }
        else
        {
            TensorPrimitives.Add(weights, mask.As<float>().Slice(offset, weights.Length), weights);
        }
    }

    private static void SoftMax(Span<float> values)
    {
        if (values.IsEmpty)
        {
            return;
        }

        TensorPrimitives.Subtract(values, TensorPrimitives.Max<float>(values), values);
        TensorPrimitives.Exp(values, values);
        TensorPrimitives.Divide(values, TensorPrimitives.Sum<float>(values), values);
    }
}
