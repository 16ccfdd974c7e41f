using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ovms.Runtime.Embedded.Operations.Reductions;

/// <summary>A reduction over values already widened to the accumulator type.</summary>
internal interface IReduceOp
{
    /// <summary>Whether the accumulator is the element type (comparison, logic) and not the wide type of sums.</summary>
    static abstract bool KeepsType { get; }

    /// <summary>Whether <see cref="Fold"/> exists and partial results combine by <see cref="Combine"/>.</summary>
    static abstract bool Folds { get; }

    /// <summary>Whether a step adds the element itself.</summary>
    static abstract bool IsSum { get; }

    /// <summary>The result of no elements, before <see cref="Finish"/>.</summary>
    static abstract TAcc Start<TAcc>()
        where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc>;

    /// <summary>Takes in one element.</summary>
    static abstract TAcc Step<TAcc>(TAcc acc, TAcc x)
        where TAcc : unmanaged, INumber<TAcc>;

    /// <summary>Combines two partial results.</summary>
    static abstract TAcc Combine<TAcc>(TAcc acc, TAcc other)
        where TAcc : unmanaged, INumber<TAcc>;

    /// <summary>Makes the result of <paramref name="count"/> elements.</summary>
    static abstract TAcc Finish<TAcc>(TAcc acc, int count)
        where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc>;

    /// <summary>A short run of f32 values at once.</summary>
    static abstract float Fold(ReadOnlySpan<float> values);
}

/// <summary>The reductions of the IR (IR sheet §14.8).</summary>
internal static class ReduceOps
{
    internal struct Sum : IReduceOp
    {
        public static bool KeepsType => false;

        public static bool Folds => true;

        public static bool IsSum => true;

        public static TAcc Start<TAcc>()
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => TAcc.Zero;

        public static TAcc Step<TAcc>(TAcc acc, TAcc x)
            where TAcc : unmanaged, INumber<TAcc> => acc + x;

        public static TAcc Combine<TAcc>(TAcc acc, TAcc other)
            where TAcc : unmanaged, INumber<TAcc> => acc + other;

        public static TAcc Finish<TAcc>(TAcc acc, int count)
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => acc;

        public static float Fold(ReadOnlySpan<float> values) => TensorPrimitives.Sum(values);
    }

    /// <summary>Integers truncate towards zero; the mean of nothing is 0.</summary>
    internal struct Mean : IReduceOp
    {
        public static bool KeepsType => false;

        public static bool Folds => true;

        public static bool IsSum => true;

        public static TAcc Start<TAcc>()
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => TAcc.Zero;

        public static TAcc Step<TAcc>(TAcc acc, TAcc x)
            where TAcc : unmanaged, INumber<TAcc> => acc + x;

        public static TAcc Combine<TAcc>(TAcc acc, TAcc other)
            where TAcc : unmanaged, INumber<TAcc> => acc + other;

        public static TAcc Finish<TAcc>(TAcc acc, int count)
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => count == 0 ? TAcc.Zero : acc / TAcc.CreateTruncating(count);

        public static float Fold(ReadOnlySpan<float> values) => TensorPrimitives.Sum(values);
    }

    internal struct L1 : IReduceOp
    {
        public static bool KeepsType => false;

        public static bool Folds => true;

        public static bool IsSum => false;

        public static TAcc Start<TAcc>()
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => TAcc.Zero;

        public static TAcc Step<TAcc>(TAcc acc, TAcc x)
            where TAcc : unmanaged, INumber<TAcc> => acc + (TAcc.IsNegative(x) ? -x : x);

        public static TAcc Combine<TAcc>(TAcc acc, TAcc other)
            where TAcc : unmanaged, INumber<TAcc> => acc + other;

        public static TAcc Finish<TAcc>(TAcc acc, int count)
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => acc;

        public static float Fold(ReadOnlySpan<float> values) => TensorPrimitives.SumOfMagnitudes(values);
    }

    internal struct L2 : IReduceOp
    {
        public static bool KeepsType => false;

        public static bool Folds => true;

        public static bool IsSum => false;

        public static TAcc Start<TAcc>()
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => TAcc.Zero;

        public static TAcc Step<TAcc>(TAcc acc, TAcc x)
            where TAcc : unmanaged, INumber<TAcc> => acc + (x * x);

        public static TAcc Combine<TAcc>(TAcc acc, TAcc other)
            where TAcc : unmanaged, INumber<TAcc> => acc + other;

        public static TAcc Finish<TAcc>(TAcc acc, int count)
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => TAcc.CreateTruncating(Math.Sqrt(double.CreateTruncating(acc)));

        public static float Fold(ReadOnlySpan<float> values) => TensorPrimitives.SumOfSquares(values);
    }

    internal struct Prod : IReduceOp
    {
        public static bool KeepsType => false;

        public static bool Folds => false;

        public static bool IsSum => false;

        public static TAcc Start<TAcc>()
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => TAcc.One;

        public static TAcc Step<TAcc>(TAcc acc, TAcc x)
            where TAcc : unmanaged, INumber<TAcc> => acc * x;

        public static TAcc Combine<TAcc>(TAcc acc, TAcc other)
            where TAcc : unmanaged, INumber<TAcc> => acc * other;

        public static TAcc Finish<TAcc>(TAcc acc, int count)
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => acc;

        public static float Fold(ReadOnlySpan<float> values) => throw new System.Diagnostics.UnreachableException();
    }

    /// <summary>As std::max from the lowest value: a NaN never wins. The maximum of nothing is the lowest finite value.</summary>
    internal struct Max : IReduceOp
    {
        public static bool KeepsType => true;

        public static bool Folds => true;

        public static bool IsSum => false;

        // A float starts at -inf, as a row of -inf has that maximum.
        public static TAcc Start<TAcc>()
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => TAcc.CreateSaturating(double.NegativeInfinity);

        public static TAcc Step<TAcc>(TAcc acc, TAcc x)
            where TAcc : unmanaged, INumber<TAcc> => acc < x ? x : acc;

        public static TAcc Combine<TAcc>(TAcc acc, TAcc other)
            where TAcc : unmanaged, INumber<TAcc> => acc < other ? other : acc;

        public static TAcc Finish<TAcc>(TAcc acc, int count)
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => count == 0 ? TAcc.MinValue : acc;

        public static float Fold(ReadOnlySpan<float> values)
        {
            var best = Vector256.Create(float.NegativeInfinity);
            ref var from = ref MemoryMarshal.GetReference(values);
            var i = 0;
            for (; i <= values.Length - 8; i += 8)
            {
                var x = Vector256.LoadUnsafe(ref from, (nuint)i);
                best = Vector256.ConditionalSelect(Vector256.LessThan(best, x), x, best);
            }

            var result = float.NegativeInfinity;
            for (var lane = 0; lane < 8; lane++)
            {
                result = Step(result, best[lane]);
            }

            for (; i < values.Length; i++)
            {
                result = Step(result, values[i]);
            }

            return result;
        }
    }

    /// <summary>As std::min from the highest value: a NaN never wins. The minimum of nothing is the highest finite value.</summary>
    internal struct Min : IReduceOp
    {
        public static bool KeepsType => true;

        public static bool Folds => true;

        public static bool IsSum => false;

        public static TAcc Start<TAcc>()
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => TAcc.CreateSaturating(double.PositiveInfinity);

        public static TAcc Step<TAcc>(TAcc acc, TAcc x)
            where TAcc : unmanaged, INumber<TAcc> => x < acc ? x : acc;

        public static TAcc Combine<TAcc>(TAcc acc, TAcc other)
            where TAcc : unmanaged, INumber<TAcc> => other < acc ? other : acc;

        public static TAcc Finish<TAcc>(TAcc acc, int count)
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => count == 0 ? TAcc.MaxValue : acc;

        public static float Fold(ReadOnlySpan<float> values)
        {
            var best = Vector256.Create(float.PositiveInfinity);
            ref var from = ref MemoryMarshal.GetReference(values);
            var i = 0;
            for (; i <= values.Length - 8; i += 8)
            {
                var x = Vector256.LoadUnsafe(ref from, (nuint)i);
                best = Vector256.ConditionalSelect(Vector256.LessThan(x, best), x, best);
            }

            var result = float.PositiveInfinity;
            for (var lane = 0; lane < 8; lane++)
            {
                result = Step(result, best[lane]);
            }

            for (; i < values.Length; i++)
            {
                result = Step(result, values[i]);
            }

            return result;
        }
    }

    internal struct LogicalAnd : IReduceOp
    {
        public static bool KeepsType => true;

        public static bool Folds => false;

        public static bool IsSum => false;

        public static TAcc Start<TAcc>()
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => TAcc.One;

        public static TAcc Step<TAcc>(TAcc acc, TAcc x)
            where TAcc : unmanaged, INumber<TAcc> => TAcc.IsZero(x) ? TAcc.Zero : acc;

        public static TAcc Combine<TAcc>(TAcc acc, TAcc other)
            where TAcc : unmanaged, INumber<TAcc> => Step(acc, other);

        public static TAcc Finish<TAcc>(TAcc acc, int count)
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => acc;

        public static float Fold(ReadOnlySpan<float> values) => throw new System.Diagnostics.UnreachableException();
    }

    internal struct LogicalOr : IReduceOp
    {
        public static bool KeepsType => true;

        public static bool Folds => false;

        public static bool IsSum => false;

        public static TAcc Start<TAcc>()
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => TAcc.Zero;

        public static TAcc Step<TAcc>(TAcc acc, TAcc x)
            where TAcc : unmanaged, INumber<TAcc> => TAcc.IsZero(x) ? acc : TAcc.One;

        public static TAcc Combine<TAcc>(TAcc acc, TAcc other)
            where TAcc : unmanaged, INumber<TAcc> => Step(acc, other);

        public static TAcc Finish<TAcc>(TAcc acc, int count)
            where TAcc : unmanaged, INumber<TAcc>, IMinMaxValue<TAcc> => acc;

        public static float Fold(ReadOnlySpan<float> values) => throw new System.Diagnostics.UnreachableException();
    }
}
