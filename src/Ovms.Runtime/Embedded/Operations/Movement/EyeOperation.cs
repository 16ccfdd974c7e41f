using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Eye-9: matrices with ones on a diagonal: inputs rows, columns, diagonal index, optional batch shape.</summary>
internal sealed class EyeOperation : MovementOperation
{
    private readonly ElementType _type;

    public EyeOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(3);
        _type = node.Attributes.GetElementType("output_type");
        ElementSize(_type);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!HaveData(context, 0, 1) || !HaveData(context, 3, 3))
        {
            return false;
        }

        var shape = default(Shape);
        for (var i = 0; context.HasInput(3) && i < context.Input(3).Count; i++)
        {
            Append(ref shape, ReadInt(context.Input(3), i));
        }

        Append(ref shape, ReadScalar(context.Input(0), "rows"));
        Append(ref shape, ReadScalar(context.Input(1), "columns"));
        context.SetOutput(0, _type, shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var output = context.Output(0);
        output.Bytes.Clear();
        var rank = output.Shape.Rank;
        var (rows, columns) = (output.Shape[rank - 2], output.Shape[rank - 1]);
        var diagonal = Math.Clamp(ReadScalar(context.Input(2), "diagonal"), -rows, columns);
        Span<byte> one = stackalloc byte[8];
        one.Clear();
        One(one);
        var (row, column) = (Math.Max(-diagonal, 0), Math.Max(diagonal, 0));
        var copy = default(StridedCopy);
        copy.Add(output.Shape.Product(0, rank - 2), 0, rows * columns);
        copy.Add(Math.Max(Math.Min(rows - row, columns - column), 0), 0, columns + 1);
        copy.Run(ElementSize(_type), one, 0, output.Bytes, (row * columns) + column);
    }

    private void One(Span<byte> bytes)
    {
        switch (_type)
        {
            case ElementType.F64:
                BitConverter.TryWriteBytes(bytes, 1.0);
                break;
            case ElementType.F32:
                BitConverter.TryWriteBytes(bytes, 1f);
                break;
            case ElementType.F16:
                BitConverter.TryWriteBytes(bytes, Half.One);
                break;
            case ElementType.BF16:
                BitConverter.TryWriteBytes(bytes, (ushort)(BitConverter.SingleToUInt32Bits(1f) >> 16));
                break;
            default:
                bytes[0] = _type.IsInteger() || _type == ElementType.Boolean ? (byte)1
                    : throw Node.Error($"output_type {_type.IrName()} is not supported");
                break;
        }
    }
}
