using System.Runtime.InteropServices;
using Ovms.Runtime.Embedded.Operations.Movement;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>CTCLoss-4: minus the logarithm of the probability of the labels over all alignments, by the forward recursion in log space.</summary>
/// <remarks>With <c>ctc_merge_repeated=false</c> a class that repeats in an alignment is two labels: only blanks are removed.</remarks>
internal sealed class CtcLossOperation : Operation
{
    private readonly bool _collapse;
    private readonly bool _merge;
    private readonly bool _unique;

    public CtcLossOperation(GraphNode node)
        : base(node)
    {
        _collapse = node.Attributes.GetBool("preprocess_collapse_repeated", false);
        _merge = node.Attributes.GetBool("ctc_merge_repeated", true);
        _unique = node.Attributes.GetBool("unique", false);
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (logits, labels) = (context.Input(0), context.Input(2));
        var shape = logits.Shape;
        if (logits.Type != ElementType.F32 || shape.Rank != 3 || shape[2] < 1 || labels.Shape != new Shape(shape[0], shape[1])
            || context.Input(1).Count != shape[0] || context.Input(3).Count != shape[0])
        {
            throw Node.Error($"logits {shape} of {logits.Type.IrName()} do not go with labels {labels.Shape}");
        }

        context.SetOutput(0, ElementType.F32, new Shape(shape[0]));
        return true;
    }

    /// <inheritdoc/>
    public override void Prepare(OperationContext context)
    {
        // Labels between blanks, and the forward variables of one step, twice.
        var states = checked((2 * (int)context.Input(0).Shape[1]) + 1);
        context.RequestScratch(states * 3 * sizeof(double));
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var (steps, classes) = ((int)shape[1], (int)shape[2]);
        var states = (2 * steps) + 1;
        var scratch = MemoryMarshal.Cast<byte, double>(context.Scratch);
        var (current, previous) = (0, states);
        var targets = MemoryMarshal.Cast<double, int>(scratch[(2 * states)..])[..states];
        long blank = classes - 1;
        if (context.HasInput(4))
        {
            blank = IntegerReader.Read(context.Input(4), 0) is { } index && index >= 0 && index < classes ? index
                : throw Node.Error("blank_index is not a class");
        }

        for (var n = 0; n < shape[0]; n++)
        {
            var length = Bounded(context.Input(1), n, steps);
            var count = ReadLabels(context, n, steps, classes, (int)blank, targets);
            var rows = context.Input(0).As<float>().Slice(n * steps * classes, steps * classes);
            scratch[..(2 * states)].Fill(double.NegativeInfinity);
            scratch[current] = 0;
            for (var t = 0; t < length; t++)
            {
                (current, previous) = (previous, current);
                var row = rows.Slice(t * classes, classes);
                Step(scratch.Slice(previous, states), scratch.Slice(current, states), targets[..count], row, t == 0);
            }

            var last = scratch[current + count - 1];
            var before = count > 1 ? scratch[current + count - 2] : double.NegativeInfinity;
            context.Output(0).As<float>()[n] = (float)-Add(last, before);
            current = 0;
            previous = states;
        }
    }

    /// <summary>One step: stay, advance by one, or skip the blank between two different labels.</summary>
    private void Step(ReadOnlySpan<double> from, Span<double> to, ReadOnlySpan<int> targets, ReadOnlySpan<float> row, bool first)
    {
        var total = LogSum(row);
        for (var s = 0; s < targets.Length; s++)
        {
            var label = (s & 1) == 1;
            double sum;
            if (first)
            {
                sum = s < 2 ? 0 : double.NegativeInfinity;
            }
            else if (_merge)
            {
                sum = Add(from[s], s > 0 ? from[s - 1] : double.NegativeInfinity);
                sum = label && s > 1 && targets[s] != targets[s - 2] ? Add(sum, from[s - 2]) : sum;
            }
            else
            {
                // Without merging a label is emitted once: no staying on it, and skipping is always allowed.
                sum = label ? Add(from[s - 1], s > 1 ? from[s - 2] : double.NegativeInfinity)
                    : Add(from[s], s > 0 ? from[s - 1] : double.NegativeInfinity);
            }

            to[s] = sum + row[targets[s]] - total;
        }
    }

    private int ReadLabels(OperationContext context, int n, int steps, int classes, int blank, Span<int> targets)
    {
        var length = Bounded(context.Input(3), n, steps);
        var count = 0;
        targets[count++] = blank;
        for (var i = 0; i < length; i++)
        {
            var label = IntegerReader.Read(context.Input(2), (n * steps) + i) is { } read && read >= 0 && read < classes ? (int)read
                : throw Node.Error($"a label is not one of {classes} classes");
            var known = false;
            for (var k = 1; k < count; k += 2)
            {
                known |= targets[k] == label && (_unique || (_collapse && k == count - 2));
            }

            if (!known)
            {
                (targets[count], targets[count + 1]) = (label, blank);
                count += 2;
            }
        }

        return count;
    }

    private int Bounded(TensorValue lengths, int n, int steps) => IntegerReader.Read(lengths, n) is >= 0 and var length && length <= steps ? (int)length
        : throw Node.Error($"a length is not an integer within {steps} steps");

    private static double LogSum(ReadOnlySpan<float> row)
    {
        var max = double.NegativeInfinity;
        foreach (var value in row)
        {
            max = Math.Max(max, value);
        }

        var sum = 0.0;
        foreach (var value in row)
        {
            sum += Math.Exp(value - max);
        }

        return max + Math.Log(sum);
    }

    private static double Add(double left, double right)
    {
        var (high, low) = left > right ? (left, right) : (right, left);
        return double.IsNegativeInfinity(high) ? high : high + Math.Log(1 + Math.Exp(low - high));
    }
}
