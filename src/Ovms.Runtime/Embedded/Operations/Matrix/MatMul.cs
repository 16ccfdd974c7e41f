using Ovms.Runtime.Embedded.Kernels;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Matrix;

/// <summary>MatMul-1: matrix product with numpy broadcasting of the leading dimensions (IR sheet §14.2).</summary>
/// <remarks>f32 runs on the packed kernels; f64 and integers, which hardly occur, on plain loops (integers wrap).</remarks>
internal sealed class MatMul : Operation, IFusesEpilogue
{
    private readonly bool _transposeA;
    private readonly bool _transposeB;
    private readonly GemmMicroKernel _kernel;
    private readonly FusedEpilogue _fused = new();
    private readonly Lock _packLock = new();
    private PackedPanels? _packedLeft;
    private PackedPanels? _packedRight;

    public MatMul(GraphNode node)
        : this(node, GemmMicroKernel.Best)
    {
    }

    internal MatMul(GraphNode node, GemmMicroKernel kernel)
        : base(node)
    {
        _transposeA = node.Attributes.GetBool("transpose_a", false);
        _transposeB = node.Attributes.GetBool("transpose_b", false);
        _kernel = kernel;
    }

    public bool TryFuseBias(ReadOnlySpan<float> values)
    {
        var shape = Node.Outputs.Length == 1 ? Node.Outputs[0].Shape : null;
        return Node.Outputs.Length == 1 && Node.Outputs[0].Type == ElementType.F32 && shape is { IsRankKnown: true, Rank: > 0 }
            && shape[shape.Rank - 1] == Dimension.Fixed(values.Length) && _fused.TryAddBias(values);
    }

    public bool TryFuseClamp(float low, float high) =>
        Node.Outputs.Length == 1 && Node.Outputs[0].Type == ElementType.F32 && _fused.TryAddClamp(low, high);

    public override bool Infer(OperationContext context)
    {
        if (context.InputCount != 2)
        {
            throw Node.Error("needs two inputs");
        }

        var (a, b) = (context.Input(0), context.Input(1));
        if (a.Type != b.Type)
        {
            throw Node.Error($"inputs differ in type: {a.Type.IrName()}, {b.Type.IrName()}");
        }

        if (a.Type is not (ElementType.F32 or ElementType.F64) && !a.Type.IsInteger())
        {
            throw Node.Error($"element type {a.Type.IrName()} is not supported");
        }

        context.SetOutput(0, a.Type, MatMulShapes.Resolve(Node, a.Shape, b.Shape, _transposeA, _transposeB).Output);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var (a, b) = (context.Input(0), context.Input(1));
        var shapes = MatMulShapes.Resolve(Node, a.Shape, b.Shape, _transposeA, _transposeB);
        if (a.Type == ElementType.F32)
        {
            context.State = PreparePacked(context, shapes);
        }
        else
        {
            context.State = shapes;
        }
    }

    public override void Run(OperationContext context)
    {
        switch (context.Input(0).Type)
        {
            case ElementType.F32: ((PackedMatMul)context.State!).Run(context); break;
            case ElementType.F64: PlainMatMul.Run<double>(context, (MatMulShapes)context.State!); break;
            case ElementType.I8: PlainMatMul.Run<sbyte>(context, (MatMulShapes)context.State!); break;
            case ElementType.U8: PlainMatMul.Run<byte>(context, (MatMulShapes)context.State!); break;
            case ElementType.I16: PlainMatMul.Run<short>(context, (MatMulShapes)context.State!); break;
            case ElementType.U16: PlainMatMul.Run<ushort>(context, (MatMulShapes)context.State!); break;
            case ElementType.I32: PlainMatMul.Run<int>(context, (MatMulShapes)context.State!); break;
            case ElementType.U32: PlainMatMul.Run<uint>(context, (MatMulShapes)context.State!); break;
            case ElementType.I64: PlainMatMul.Run<long>(context, (MatMulShapes)context.State!); break;
            default: PlainMatMul.Run<ulong>(context, (MatMulShapes)context.State!); break;
        }
    }

    private PackedMatMul PreparePacked(OperationContext context, MatMulShapes shapes)
    {
        var bias = _fused.Bias is { } values && values.Length == shapes.N ? values : null;
        if (_fused.Bias is not null && bias is null)
        {
            throw Node.Error("the bias taken over from the next layer does not fit the shape");
        }

        // A matrix times a column: as a row times the transposed matrix, which is read where it lies.
        var swap = shapes.N == 1 && shapes.M > 1;
        var left = ConstantInputs.IsConstant(context, Node, swap ? 1 : 0);
        var right = ConstantInputs.IsConstant(context, Node, swap ? 0 : 1);
        var plan = new PackedMatMul(_kernel, shapes, swap, left, right, context.Workers.Width)
        {
            Epilogue = new GemmEpilogue { ColumnBias = swap ? null : bias, RowBias = swap ? bias : null, Low = _fused.Low, High = _fused.High },
        };
        lock (_packLock)
        {
            // Packed once for all plans, unless the other side's shape changes the role or the cut of the constant.
            if (left && _packedLeft?.Key != plan.LeftKey)
            {
                _packedLeft = plan.PackLeft(context);
            }

            if (right && _packedRight?.Key != plan.RightKey)
            {
                _packedRight = plan.PackRight(context);
            }

            plan.Attach(left ? _packedLeft : null, right ? _packedRight : null);
        }

        context.RequestScratch(plan.ScratchBytes);
        return plan;
    }
}
