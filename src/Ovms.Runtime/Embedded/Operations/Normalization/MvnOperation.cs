using System.Numerics;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Embedded.Operations.Reductions;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Normalization;

/// <summary>MVN: subtracts the mean over some axes and divides by the standard deviation (population variance).</summary>
internal sealed class MvnOperation : PartitionedOperation
{
    private readonly bool _axesAreInput;
    private readonly bool _acrossChannels;
    private readonly bool _normalizeVariance;
    private readonly bool _epsilonOutside;
    private readonly double _epsilon;
    private readonly long[] _reductionAxes;

    public MvnOperation(GraphNode node, bool axesAreInput)
        : base(node)
    {
        _axesAreInput = axesAreInput;
        _normalizeVariance = node.Attributes.GetBool("normalize_variance", false);
        _epsilon = node.Attributes.GetFloat("eps", 0);
        _acrossChannels = node.Attributes.GetBool("across_channels", false);
        _reductionAxes = axesAreInput ? [] : node.Attributes.GetInts("reduction_axes");
        _epsilonOutside = axesAreInput && node.Attributes.GetEnum("eps_mode", "inside_sqrt") switch
        {
            "inside_sqrt" => false,
            "outside_sqrt" => true,
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

        if (_axesAreInput && context.Input(1).Shape.Rank != 1)
        {
            throw Node.Error($"the axes must be 1-D, not {context.Input(1).Shape}");
        }

        if (_axesAreInput && !context.Input(1).HasData)
        {
            return false;
        }

        _ = ReadAxes(context);
        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    public override void Prepare(OperationContext context)
    {
        var walk = new AxisWalk(context.Input(0).Shape, ReadAxes(context));
        context.State = walk;
        context.RequestScratch(walk.InnerIsReduced ? 0 : RowStatistics.ScratchBytes * context.Workers.Width);
    }

    public override void Run(OperationContext context)
    {
        var walk = (AxisWalk)context.State!;
        if (context.Output(0).Count > 0)
        {
            RunUnits(context, RowStatistics.Units(walk), RowStatistics.ElementsPerUnit(walk));
        }
    }

    protected override void RunUnits(OperationContext context, int start, int end, int part)
    {
        if (context.Input(0).Type == ElementType.F32)
        {
            Units<float>(context, start, end, part);
        }
        else
        {
            Units<double>(context, start, end, part);
        }
    }

    private void Units<T>(OperationContext context, int start, int end, int part)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var walk = (AxisWalk)context.State!;
        var input = context.Input(0).As<T>();
        var output = context.Output(0).As<T>();
        for (var unit = start; unit < end; unit++)
        {
            if (walk.InnerIsReduced)
            {
                NormalizePosition(walk, input, output, unit);
            }
            else
            {
                var scratch = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(
                    context.Scratch.Slice(part * RowStatistics.ScratchBytes, RowStatistics.ScratchBytes));
                NormalizeChunk(walk, input, output, unit, scratch);
            }
        }
    }

    private void NormalizePosition<T>(AxisWalk walk, ReadOnlySpan<T> input, Span<T> output, int position)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var first = walk.KeptOffset(position);
        var mean = MomentsKernel.SumRows(walk, input, first) / walk.ReducedCount;
        var scale = 1.0;
        if (_normalizeVariance)
        {
            var squares = 0.0;
            for (var row = 0; row < walk.Rows; row++)
            {
                squares += MomentsKernel.SumOfSquaredDistances(input.Slice(first + walk.RowOffset(row), walk.Inner), mean);
            }

            scale = Scale(squares / walk.ReducedCount);
        }

        for (var row = 0; row < walk.Rows; row++)
        {
            var at = first + walk.RowOffset(row);
            MomentsKernel.Normalize(
                input.Slice(at, walk.Inner), output.Slice(at, walk.Inner), T.CreateTruncating(mean), T.CreateTruncating(scale), T.Zero);
        }
    }

    private void NormalizeChunk<T>(AxisWalk walk, ReadOnlySpan<T> input, Span<T> output, int unit, Span<double> scratch)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (first, length) = RowStatistics.Locate(walk, unit);
        var means = scratch[..length];
        var scales = scratch.Slice(RowStatistics.Chunk, length);
        means.Clear();
        scales.Clear();
        for (var row = 0; row < walk.Rows; row++)
        {
            var values = input.Slice(first + walk.RowOffset(row), length);
            for (var i = 0; i < length; i++)
            {
                means[i] += double.CreateTruncating(values[i]) / walk.ReducedCount;
            }
        }

        for (var row = 0; row < walk.Rows; row++)
        {
            var values = input.Slice(first + walk.RowOffset(row), length);
            for (var i = 0; i < length; i++)
            {
                var distance = double.CreateTruncating(values[i]) - means[i];
                scales[i] += distance * distance;
            }
        }

        for (var i = 0; i < length; i++)
        {
            scales[i] = _normalizeVariance ? Scale(scales[i] / walk.ReducedCount) : 1;
        }

        for (var row = 0; row < walk.Rows; row++)
        {
            var at = first + walk.RowOffset(row);
            var values = input.Slice(at, length);
            var results = output.Slice(at, length);
            for (var i = 0; i < length; i++)
            {
                results[i] = T.CreateTruncating((double.CreateTruncating(values[i]) - means[i]) * scales[i]);
            }
        }
    }

    private double Scale(double variance) => _epsilonOutside ? 1 / (Math.Sqrt(variance) + _epsilon) : 1 / Math.Sqrt(variance + _epsilon);

    private uint ReadAxes(OperationContext context)
    {
        var rank = context.Input(0).Shape.Rank;
        if (_axesAreInput)
        {
            return AxisWalk.ReadAxes(Node, context.Input(1), rank);
        }

        var bits = 0u;
        foreach (var axis in _reductionAxes)
        {
            bits |= 1u << AxisWalk.NormalizeAxis(Node, axis, rank);
        }

        for (var axis = _acrossChannels ? 1 : 2; _reductionAxes.Length == 0 && axis < rank; axis++)
        {
            bits |= 1u << axis;
        }

        return bits;
    }
}
