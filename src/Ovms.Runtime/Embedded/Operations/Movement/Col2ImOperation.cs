using System.Numerics;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Col2Im-15: adds columns <c>[N, C·k·k, L]</c> back into an image <c>[N, C, H, W]</c>; overlapping windows add up.</summary>
internal sealed class Col2ImOperation : MovementOperation
{
    private readonly long[] _strides;
    private readonly long[] _dilations;
    private readonly long[] _begins;
    private readonly long[] _ends;

    public Col2ImOperation(GraphNode node)
        : base(node)
    {
        RequireInputs(3);
        (_strides, _dilations) = (Pair("strides", 1), Pair("dilations", 1));
        (_begins, _ends) = (Pair("pads_begin", 0), Pair("pads_end", 0));
    }

    /// <inheritdoc/>
    public override bool ComputesHalf => false;

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!HaveData(context, 1, 2))
        {
            return false;
        }

        var data = context.Input(0);
        var rank = data.Shape.Rank;
        Geometry(context, out var height, out var width, out var kernel);
        if (rank is not (2 or 3) || !NumberDispatch.Supports(data.Type) || kernel.Rows < 1 || kernel.Columns < 1 || height < 0 || width < 0
            || data.Shape[rank - 2] % (kernel.Rows * kernel.Columns) != 0
            || data.Shape[rank - 1] != Blocks(0, height, kernel.Rows) * Blocks(1, width, kernel.Columns))
        {
            throw Node.Error($"data {data.Shape} does not go with an image of {height} x {width}");
        }

        var channels = data.Shape[rank - 2] / (kernel.Rows * kernel.Columns);
        context.SetOutput(0, data.Type, rank == 3 ? new Shape(data.Shape[0], channels, height, width) : new Shape(channels, height, width));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var kernel = new Kernel(this, context);
        NumberDispatch.Run(context.Input(0).Type, ref kernel);
    }

    private void Run<T>(OperationContext context)
        where T : unmanaged, INumber<T>
    {
        Geometry(context, out var height, out var width, out var kernel);
        var source = context.Input(0).As<T>();
        var target = context.Output(0).As<T>();
        target.Clear();
        var (rows, columns) = (Blocks(0, height, kernel.Rows), Blocks(1, width, kernel.Columns));
        var window = kernel.Rows * kernel.Columns;
        var planes = height * width == 0 ? 0 : target.Length / (height * width);
        for (long plane = 0; plane < planes; plane++)
        {
            for (long k = 0; k < window; k++)
            {
                var line = source[(int)(((plane * window) + k) * rows * columns)..];
                for (long row = 0; row < rows; row++)
                {
                    var y = (row * _strides[0]) + ((k / kernel.Columns) * _dilations[0]) - _begins[0];
                    for (long column = 0; column < columns; column++)
                    {
                        var x = (column * _strides[1]) + ((k % kernel.Columns) * _dilations[1]) - _begins[1];
                        if ((ulong)y < (ulong)height && (ulong)x < (ulong)width)
                        {
                            target[(int)((((plane * height) + y) * width) + x)] += line[(int)((row * columns) + column)];
                        }
                    }
                }
            }
        }
    }

    private void Geometry(OperationContext context, out long height, out long width, out (long Rows, long Columns) kernel)
    {
        if (context.Input(1).Count != 2 || context.Input(2).Count != 2)
        {
            throw Node.Error("output size and kernel size must be two numbers");
        }

        (height, width) = (ReadInt(context.Input(1), 0), ReadInt(context.Input(1), 1));
        kernel = (ReadInt(context.Input(2), 0), ReadInt(context.Input(2), 1));
    }

    private long Blocks(int axis, long size, long kernel)
    {
        var room = size + _begins[axis] + _ends[axis] - (_dilations[axis] * (kernel - 1)) - 1;
        return room < 0 ? 0 : (room / _strides[axis]) + 1;
    }

    private long[] Pair(string name, long smallest)
    {
        var values = Node.Attributes.GetInts(name);
        return values.Length == 0 ? [smallest, smallest]
            : values.Length == 2 && Array.TrueForAll(values, v => v >= smallest && v < 1 << 20) ? values
            : throw Node.Error($"attribute {name} must be two numbers of at least {smallest}");
    }

    private readonly ref struct Kernel(Col2ImOperation owner, OperationContext context) : INumberKernel
    {
        public void Run<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T> => owner.Run<T>(context);
    }
}
