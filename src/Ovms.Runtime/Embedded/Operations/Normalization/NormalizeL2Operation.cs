using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Embedded.Operations.Reductions;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Normalization;

/// <summary>NormalizeL2 (axes in input 1) and GRN (over the channels): x / sqrt(Σx² + eps), or with the larger of the two.</summary>
internal sealed class NormalizeL2Operation : PartitionedOperation
{
    private readonly double _epsilon;
    private readonly bool _takeMaximum;
    private readonly bool _overChannels;

    public NormalizeL2Operation(GraphNode node, bool overChannels)
        : base(node)
    {
        _overChannels = overChannels;
        _epsilon = node.Attributes.GetFloat(overChannels ? "bias" : "eps");
        _takeMaximum = !overChannels && node.Attributes.GetEnum("eps_mode", "add") switch
        {
            "add" => false,
            "max" => true,
            var mode => throw node.Error($"eps_mode=\"{mode}\" is not supported"),
        };
    }

    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        if (data.Type is not (ElementType.F32 or ElementType.F64))
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        if (_overChannels && data.Shape.Rank is < 2 or > 4)
        {
            throw Node.Error($"rank {data.Shape.Rank} is not supported, only 2 to 4");
        }

        if (!_overChannels && !context.Input(1).HasData)
        {
            return false;
        }

        _ = ReadAxes(context);
        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var axes = ReadAxes(context);
        context.State = axes == 0 ? null : new AxisWalk(context.Input(0).Shape, axes);
        context.RequestScratch(RowStatistics.ScratchBytes * context.Workers.Width);
    }

    public override void Run(OperationContext context)
    {
        if (context.Output(0).Count == 0)
        {
            return;
        }

        if (context.State is AxisWalk walk)
        {
            RunUnits(context, RowStatistics.Units(walk), RowStatistics.ElementsPerUnit(walk));
        }
        else if (context.Input(0).Type == ElementType.F32)
        {
            DivideByItself(context.Input(0).As<float>(), context.Output(0).As<float>());
        }
        else
        {
            DivideByItself(context.Input(0).As<double>(), context.Output(0).As<double>());
        }
    }

    protected override void RunUnits(OperationContext context, int start, int end, int part)
    {
        var scratch = MemoryMarshal.Cast<byte, double>(context.Scratch.Slice(part * RowStatistics.ScratchBytes, RowStatistics.ScratchBytes));
        if (context.Input(0).Type == ElementType.F32)
        {
            Units<float>(context, start, end, scratch);
        }
        else
        {
            Units<double>(context, start, end, scratch);
        }
    }

    // Without axes the answer of the device and of the specification's text: 1, also for negative numbers, and 0 for 0.
    private static void DivideByItself<T>(ReadOnlySpan<T> input, Span<T> output)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (var i = 0; i < input.Length; i++)
        {
            output[i] = T.IsNaN(input[i]) ? input[i] : input[i] == T.Zero ? T.Zero : T.One;
        }
    }

    private void Units<T>(OperationContext context, int start, int end, Span<double> scratch)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var walk = (AxisWalk)context.State!;
        var input = context.Input(0).As<T>();
        var output = context.Output(0).As<T>();
        for (var unit = start; unit < end; unit++)
        {
            if (walk.InnerIsReduced)
            {
                ScalePosition<T>(walk, input, output, unit);
            }
            else
            {
                ScaleChunk<T>(walk, input, output, unit, scratch);
            }
        }
    }

    private void ScalePosition<T>(AxisWalk walk, ReadOnlySpan<T> input, Span<T> output, int position)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var first = walk.KeptOffset(position);
        var squares = 0.0;
        for (var row = 0; row < walk.Rows; row++)
        {
            squares += MomentsKernel.SumOfSquares(input.Slice(first + walk.RowOffset(row), walk.Inner));
        }

        var divisor = T.CreateTruncating(Norm(squares));
        for (var row = 0; row < walk.Rows; row++)
        {
            var at = first + walk.RowOffset(row);
            TensorPrimitives.Divide(input.Slice(at, walk.Inner), divisor, output.Slice(at, walk.Inner));
        }
    }

    private void ScaleChunk<T>(AxisWalk walk, ReadOnlySpan<T> input, Span<T> output, int unit, Span<double> scratch)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (first, length) = RowStatistics.Locate(walk, unit);
        var norms = scratch[..length];
        norms.Clear();
        for (var row = 0; row < walk.Rows; row++)
        {
            var values = input.Slice(first + walk.RowOffset(row), length);
            for (var i = 0; i < length; i++)
            {
                var x = double.CreateTruncating(values[i]);
                norms[i] += x * x;
            }
        }

        for (var i = 0; i < length; i++)
        {
            norms[i] = Norm(norms[i]);
        }

        for (var row = 0; row < walk.Rows; row++)
        {
            var at = first + walk.RowOffset(row);
            var values = input.Slice(at, length);
            var results = output.Slice(at, length);
            for (var i = 0; i < length; i++)
            {
                results[i] = T.CreateTruncating(double.CreateTruncating(values[i]) / norms[i]);
            }
        }
    }

    private double Norm(double squares) => Math.Sqrt(_takeMaximum ? Math.Max(squares, _epsilon) : squares + _epsilon);

    private uint ReadAxes(OperationContext context) =>
        _overChannels ? 0b10u : AxisWalk.ReadAxes(Node, context.Input(1), context.Input(0).Shape.Rank);
}
