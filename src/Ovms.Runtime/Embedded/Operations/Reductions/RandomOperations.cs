using System.Runtime.InteropServices;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Reductions;

/// <summary>Seeds of a random operation. With both zero every run draws new numbers; otherwise every run gives the same.</summary>
internal readonly record struct RandomSeeds(ulong Global, ulong Operation)
{
    public bool AreFixed => Global != 0 || Operation != 0;

    public static RandomSeeds Read(GraphNode node) =>
        new((ulong)node.Attributes.GetInt("global_seed", 0), (ulong)node.Attributes.GetInt("op_seed", 0));

    public Philox CreateGenerator() =>
        AreFixed ? new Philox(Global, Operation) : new Philox((ulong)Random.Shared.NextInt64(), (ulong)Random.Shared.NextInt64());
}

/// <summary>RandomUniform-8: numbers in [min, max) of inputs 1 and 2, in the shape that input 0 holds.</summary>
internal sealed class RandomUniformOperation : Operation
{
    private readonly ElementType _type;
    private readonly RandomSeeds _seeds;

    public RandomUniformOperation(GraphNode node)
        : base(node)
    {
        _type = node.Attributes.GetElementType("output_type");
        _seeds = RandomSeeds.Read(node);
        if (!_type.IsFloat() && _type is not (ElementType.I32 or ElementType.I64))
        {
            throw node.Error($"output_type=\"{_type.IrName()}\" is not supported");
        }

        if (node.Attributes.GetEnum("alignment", "tensorflow") is not "tensorflow" and var alignment)
        {
            throw node.Error($"alignment=\"{alignment}\" is not supported");
        }
    }

    public override bool ComputesHalf => true;

    public override bool IsVolatile => !_seeds.AreFixed;

    public override bool Infer(OperationContext context)
    {
        var dims = context.Input(0);
        if (!dims.Type.IsInteger() || dims.Count > Shape.MaxRank)
        {
            throw Node.Error($"the shape must be integers of rank up to {Shape.MaxRank}, not {dims.Type.IrName()} {dims.Shape}");
        }

        if (!dims.HasData)
        {
            return false;
        }

        var shape = default(Shape);
        for (var i = 0; i < dims.Count; i++)
        {
            var dim = ElementConversion.ReadIndex(dims, i);
            _ = shape.TryAppend(dim >= 0 ? dim : throw Node.Error("a dimension is negative"));
        }

        context.SetOutput(0, _type, shape);
        return true;
    }

    public override void Run(OperationContext context)
    {
        var generator = _seeds.CreateGenerator();
        if (_type.IsFloat())
        {
            FillReals(context, generator);
        }
        else
        {
            FillIntegers(context, generator);
        }
    }

    private static void FillReals(OperationContext context, Philox generator)
    {
        var output = context.Output(0);
        var (min, max) = ((float)ElementConversion.ReadScalar(context.Input(1)), (float)ElementConversion.ReadScalar(context.Input(2)));
        Span<uint> numbers = stackalloc uint[4];
        Span<double> block = stackalloc double[ElementConversion.Block];
        for (var start = 0; start < output.Count; start += ElementConversion.Block)
        {
            var values = block[..Math.Min(ElementConversion.Block, output.Count - start)];
            for (var i = 0; i < values.Length; i++)
            {
                if (i % 4 == 0)
                {
                    generator.Next(numbers);
                }

                values[i] = (Philox.ToUnit(numbers[i % 4]) * (max - min)) + min;
            }

            ElementConversion.FromDouble(values, output.Type, output.Bytes, start);
        }
    }

    private void FillIntegers(OperationContext context, Philox generator)
    {
        var output = context.Output(0);
        var (min, max) = (ElementConversion.ReadIndex(context.Input(1), 0), ElementConversion.ReadIndex(context.Input(2), 0));
        if (min >= max)
        {
            throw Node.Error($"the minimum {min} is not below the maximum {max}");
        }

        var range = (ulong)max - (ulong)min;
        Span<uint> numbers = stackalloc uint[4];
        for (var i = 0; i < output.Count; i++)
        {
            if (_type == ElementType.I32)
            {
                if (i % 4 == 0)
                {
                    generator.Next(numbers);
                }

                output.As<int>()[i] = (int)(min + (long)(numbers[i % 4] % range));
                continue;
            }

            if (i % 2 == 0)
            {
                generator.Next(numbers);
            }

            var pair = i % 2 * 2;
            output.As<long>()[i] = min + (long)((((ulong)numbers[pair + 1] << 32) | numbers[pair]) % range);
        }
    }
}

/// <summary>Multinomial-13: classes drawn by the probabilities in input 0, [batch, classes], input 1 of them for every row.</summary>
internal sealed class MultinomialOperation : Operation
{
    private readonly ElementType _type;
    private readonly bool _withReplacement;
    private readonly bool _logProbabilities;
    private readonly RandomSeeds _seeds;

    public MultinomialOperation(GraphNode node)
        : base(node)
    {
        _type = node.Attributes.GetElementType("convert_type", ElementType.I64);
        _withReplacement = node.Attributes.GetBool("with_replacement", false);
        _logProbabilities = node.Attributes.GetBool("log_probs", false);
        _seeds = RandomSeeds.Read(node);
        if (_type is not (ElementType.I32 or ElementType.I64))
        {
            throw node.Error($"convert_type=\"{_type.IrName()}\" is not supported");
        }
    }

    public override bool IsVolatile => !_seeds.AreFixed;

    public override bool Infer(OperationContext context)
    {
        var (probabilities, samples) = (context.Input(0), context.Input(1));
        if (probabilities.Type is not (ElementType.F32 or ElementType.F64) || probabilities.Shape.Rank != 2 || samples.Count != 1)
        {
            throw Node.Error($"probabilities {probabilities.Type.IrName()} {probabilities.Shape} or samples {samples.Shape} are not supported");
        }

        if (!samples.HasData)
        {
            return false;
        }

        var count = ElementConversion.ReadIndex(samples, 0);
        if (count < 0 || (!_withReplacement && count > probabilities.Shape[1]))
        {
            throw Node.Error($"{count} samples cannot be drawn from {probabilities.Shape[1]} classes");
        }

        context.SetOutput(0, _type, new Shape(probabilities.Shape[0], count));
        return true;
    }

    public override void Prepare(OperationContext context) =>
        context.RequestScratch(checked((int)context.Input(0).Shape[1] * sizeof(double)));

    public override void Run(OperationContext context)
    {
        var generator = _seeds.CreateGenerator();
        var weights = MemoryMarshal.Cast<byte, double>(context.Scratch);
        var (probabilities, output) = (context.Input(0), context.Output(0));
        var samples = (int)output.Shape[1];
        Span<uint> numbers = stackalloc uint[4];
        for (var i = 0; i < output.Count; i++)
        {
            if (i % samples == 0)
            {
                for (var c = 0; c < weights.Length; c++)
                {
                    var p = ElementConversion.ReadScalar(probabilities, (i / samples * weights.Length) + c);
                    weights[c] = _logProbabilities ? Math.Exp(p) : p;
                }
            }

            if (i % 4 == 0)
            {
                generator.Next(numbers);
            }

            var drawn = Draw(weights, Philox.ToUnit(numbers[i % 4]));
            weights[drawn] = _withReplacement ? weights[drawn] : 0;
            if (_type == ElementType.I32)
            {
                output.As<int>()[i] = drawn;
            }
            else
            {
                output.As<long>()[i] = drawn;
            }
        }
    }

    private static int Draw(ReadOnlySpan<double> weights, double unit)
    {
        var total = 0.0;
        foreach (var weight in weights)
        {
            total += weight;
        }

        var (target, last) = (unit * total, 0);
        for (var c = 0; c < weights.Length; c++)
        {
            if (weights[c] > 0)
            {
                last = c;
                if ((target -= weights[c]) < 0)
                {
                    break;
                }
            }
        }

        return last;
    }
}
