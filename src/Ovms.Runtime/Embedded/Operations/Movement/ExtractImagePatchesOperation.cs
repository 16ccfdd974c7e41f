using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>ExtractImagePatches-3: every window of the image becomes a column of channels; channel = (row, column of the window, depth).</summary>
internal sealed class ExtractImagePatchesOperation : MovementOperation
{
    private readonly long[] _sizes;
    private readonly long[] _strides;
    private readonly long[] _rates;
    private readonly string _autoPad;

    public ExtractImagePatchesOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(1);
        (_sizes, _strides, _rates) = (Pair("sizes"), Pair("strides"), Pair("rates"));
        _autoPad = node.Attributes.GetEnum("auto_pad", "");
        if (_autoPad is not ("valid" or "same_upper" or "same_lower"))
        {
            throw node.Error($"auto_pad \"{_autoPad}\" is not known");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        ElementSize(data.Type);
        var shape = data.Shape;
        if (shape.Rank != 4)
        {
            throw Node.Error($"data {shape} must have four dimensions");
        }

        context.SetOutput(0, data.Type, new Shape(shape[0], checked(shape[1] * _sizes[0] * _sizes[1]), OutputSize(0, shape[2]), OutputSize(1, shape[3])));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var (data, output) = (context.Input(0), context.Output(0));
        output.Bytes.Clear();
        var shape = data.Shape;
        var (channels, height, width) = (shape[1], shape[2], shape[3]);
        var (rows, columns) = (output.Shape[2], output.Shape[3]);
        for (long y = 0; y < _sizes[0]; y++)
        {
            var top = (y * _rates[0]) - PadBefore(0, height, rows);
            var (firstRow, endRow) = Inside(top, _strides[0], height, rows);
            for (long x = 0; x < _sizes[1]; x++)
            {
                var left = (x * _rates[1]) - PadBefore(1, width, columns);
                var (firstColumn, endColumn) = Inside(left, _strides[1], width, columns);
                var copy = default(StridedCopy);
                copy.Add(shape[0], channels * height * width, output.Shape[1] * rows * columns);
                copy.Add(channels, height * width, rows * columns);
                copy.Add(Math.Max(endRow - firstRow, 0), _strides[0] * width, columns);
                copy.Add(Math.Max(endColumn - firstColumn, 0), _strides[1], 1);
                var from = ((top + (firstRow * _strides[0])) * width) + left + (firstColumn * _strides[1]);
                var to = (((y * _sizes[1]) + x) * channels * rows * columns) + (firstRow * columns) + firstColumn;
                copy.Run(ElementSize(data.Type), data.Bytes, from, output.Bytes, to);
            }
        }
    }

    private static (long First, long End) Inside(long start, long stride, long size, long count)
    {
        var first = start < 0 ? (-start + stride - 1) / stride : 0;
        var end = start >= size ? 0 : Math.Min(count, ((size - 1 - start) / stride) + 1);
        return (first, end);
    }

    private long OutputSize(int axis, long size)
    {
        var window = ((_sizes[axis] - 1) * _rates[axis]) + 1;
        return _autoPad != "valid" ? (size + _strides[axis] - 1) / _strides[axis]
            : size < window ? 0
            : ((size - window) / _strides[axis]) + 1;
    }

    private long PadBefore(int axis, long size, long count)
    {
        var window = ((_sizes[axis] - 1) * _rates[axis]) + 1;
        var total = _autoPad == "valid" ? 0 : Math.Max(((count - 1) * _strides[axis]) + window - size, 0);
        return _autoPad == "same_upper" ? total / 2 : total - (total / 2);
    }

    private long[] Pair(string name) =>
        Node.Attributes.GetInts(name, required: true) is [> 0 and < 1 << 20, > 0 and < 1 << 20] pair ? pair
            : throw Node.Error($"attribute {name} must be two positive numbers");
}
