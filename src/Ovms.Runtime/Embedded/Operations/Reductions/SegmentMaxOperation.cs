using System.Numerics;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Reductions;

/// <summary>SegmentMax-16: the maximum over the rows of every segment; empty segments hold zero or the lowest value.</summary>
internal sealed class SegmentMaxOperation : Operation
{
    private readonly bool _fillZero;

    public SegmentMaxOperation(GraphNode node)
        : base(node)
    {
        _fillZero = node.Attributes.GetEnum("fill_mode", "zero") switch
        {
            "zero" => true,
            "lowest" => false,
            var mode => throw node.Error($"fill_mode=\"{mode}\" is not supported"),
        };
    }

    public override bool Infer(OperationContext context)
    {
        var (data, segments) = (context.Input(0), context.Input(1));
        if (!RealMap.IsSupported(data.Type))
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        if (!segments.Type.IsInteger() || segments.Shape.Rank != 1 || data.Shape.Rank < 1 || segments.Shape[0] != data.Shape[0])
        {
            throw Node.Error($"segment ids {segments.Type.IrName()} {segments.Shape} do not fit the data {data.Shape}");
        }

        var source = context.HasInput(2) ? context.Input(2) : segments;
        if (!source.HasData)
        {
            return false;
        }

        var count = context.HasInput(2) ? ElementConversion.ReadIndex(source, 0)
            : source.Count == 0 ? 0 : checked(ElementConversion.ReadIndex(source, source.Count - 1) + 1);
        var shape = data.Shape;
        shape[0] = count >= 0 ? count : throw Node.Error("the number of segments is negative");
        context.SetOutput(0, data.Type, shape);
        return true;
    }

    public override void Run(OperationContext context)
    {
        switch (context.Input(0).Type)
        {
            case ElementType.F32:
                Run<float>(context);
                break;
            case ElementType.F64:
                Run<double>(context);
                break;
            case ElementType.I8:
                Run<sbyte>(context);
                break;
            case ElementType.I16:
                Run<short>(context);
                break;
            case ElementType.I32:
                Run<int>(context);
                break;
            case ElementType.I64:
                Run<long>(context);
                break;
            case ElementType.U8:
                Run<byte>(context);
                break;
            case ElementType.U16:
                Run<ushort>(context);
                break;
            case ElementType.U32:
                Run<uint>(context);
                break;
            default:
                Run<ulong>(context);
                break;
        }
    }

    private void Run<T>(OperationContext context)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        var data = context.Input(0).As<T>();
        var output = context.Output(0).As<T>();
        var rows = context.Input(1).Count;
        var size = rows == 0 ? 0 : data.Length / rows;
        var segments = context.Output(0).Shape[0];
        output.Fill(_fillZero ? T.Zero : T.MinValue);
        var previous = -1L;
        for (var row = 0; row < rows; row++)
        {
            var segment = ElementConversion.ReadIndex(context.Input(1), row);
            if (segment < 0 || segment < previous)
            {
                throw Node.Error("segment ids must be ascending and not negative");
            }

            if (segment >= segments)
            {
                break;
            }

            var values = data.Slice(row * size, size);
            var best = output.Slice((int)segment * size, size);
            if (segment != previous)
            {
                values.CopyTo(best);
            }
            else
            {
                for (var i = 0; i < size; i++)
                {
                    best[i] = best[i] < values[i] ? values[i] : best[i];
                }
            }

            previous = segment;
        }
    }
}
