using System.Runtime.InteropServices;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Reductions;

/// <summary>SearchSorted-15 and Bucketize-3: where values belong in ascending data, as f64 (exact up to 2^53).</summary>
internal sealed class SortedSearchOperation : Operation
{
    private readonly bool _isBucketize;
    private readonly bool _upper;
    private readonly ElementType _outputType;

    public SortedSearchOperation(GraphNode node, bool isBucketize)
        : base(node)
    {
        _isBucketize = isBucketize;
        _upper = isBucketize ? !node.Attributes.GetBool("with_right_bound", true) : node.Attributes.GetBool("right_mode", false);
        _outputType = node.Attributes.GetElementType("output_type", ElementType.I64);
        if (_outputType is not (ElementType.I32 or ElementType.I64))
        {
            throw node.Error($"output_type=\"{_outputType.IrName()}\" is not supported");
        }
    }

    private int ValuesInput => _isBucketize ? 0 : 1;

    private int SortedInput => _isBucketize ? 1 : 0;

    public override bool Infer(OperationContext context)
    {
        var (values, sorted) = (context.Input(ValuesInput), context.Input(SortedInput));
        if (!RealMap.IsSupported(values.Type) || !RealMap.IsSupported(sorted.Type))
        {
            throw Node.Error($"element types {values.Type.IrName()} and {sorted.Type.IrName()} are not supported");
        }

        if (sorted.Shape.Rank != 1 && (_isBucketize || !HasSameRows(sorted.Shape, values.Shape)))
        {
            throw Node.Error($"sorted data {sorted.Shape} does not fit the values {values.Shape}");
        }

        context.SetOutput(0, _outputType, values.Shape);
        return true;
    }

    public override void Prepare(OperationContext context) =>
        context.RequestScratch(checked(context.Input(SortedInput).Count * sizeof(double)));

    public override void Run(OperationContext context)
    {
        var (values, sorted, output) = (context.Input(ValuesInput), context.Input(SortedInput), context.Output(0));
        var ascending = MemoryMarshal.Cast<byte, double>(context.Scratch);
        for (var start = 0; start < sorted.Count; start += ElementConversion.Block)
        {
            ElementConversion.ToDouble(
                sorted.Type, sorted.Bytes, start, ascending.Slice(start, Math.Min(ElementConversion.Block, sorted.Count - start)));
        }

        var shape = sorted.Shape;
        var length = (int)shape[shape.Rank - 1];
        var perRow = shape.Rank == 1 ? Math.Max(values.Count, 1) : (int)values.Shape[values.Shape.Rank - 1];
        Span<double> block = stackalloc double[ElementConversion.Block];
        for (var start = 0; start < values.Count; start += ElementConversion.Block)
        {
            var found = block[..Math.Min(ElementConversion.Block, values.Count - start)];
            ElementConversion.ToDouble(values.Type, values.Bytes, start, found);
            for (var i = 0; i < found.Length; i++)
            {
                var position = Find(ascending.Slice((start + i) / perRow * length, length), found[i]);
                if (_outputType == ElementType.I32)
                {
                    output.As<int>()[start + i] = position;
                }
                else
                {
                    output.As<long>()[start + i] = position;
                }
            }
        }
    }

    private int Find(ReadOnlySpan<double> ascending, double value)
    {
        var (low, high) = (0, ascending.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_upper ? ascending[middle] <= value : ascending[middle] < value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private static bool HasSameRows(in Shape sorted, in Shape values) =>
        sorted.Rank > 0 && sorted.Rank == values.Rank && sorted.Dims[..^1].SequenceEqual(values.Dims[..^1]);
}
