using System.Runtime.InteropServices;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Operations.Elementwise;

/// <summary>The f32 vector forms against the f64 forms.</summary>
public sealed class RealFunctionTests
{
    [Fact]
    public void Vectorized_OverTheirRange_AgreeWithDouble()
    {
        Check(default(RealFunctions.Exp), -104, 88.7f, 4e-7);
        Check(default(RealFunctions.Tanh), -12, 12, 4e-7);
        Check(default(RealFunctions.Sigmoid), -80, 80, 5e-7);
        Check(default(RealFunctions.Erf), -6, 6, 4e-7);
        Check(default(RealFunctions.SoftPlus), -30, 30, 5e-7);
        Check(default(RealFunctions.Mish), -30, 30, 1e-6);
        Check(default(RealFunctions.HSwish), -8, 8, 1e-6);
        Check(default(RealFunctions.SoftSign), -50, 50, 3e-7);
        Check(new EluFunction(1.5, 1), -20, 20, 1e-6);
        Check(new SwishFunction(1), -80, 80, 6e-7);
        Check(default(RealFunctions.GeluErf), -1, 6, 1e-6);
        Check(default(RealFunctions.Log), 1e-6f, 1e6f, 4e-7);
        Check(default(RealFunctions.RoundAwayFromZero), -40, 40, 0);
        Check(default(RealFunctions.RoundToEven), -40, 40, 0);
    }

    [Fact]
    public void Run_TailOfAVector_GivesTheValueOfAWholeVector()
    {
        var values = Enumerable.Repeat(0.3f, 13).ToArray();
        var results = new float[13];

        RealMap.Run(default(RealFunctions.GeluErf), values, results);

        Assert.All(results, result => Assert.Equal(results[0], result));
    }

    [Theory]
    [InlineData(0.49999997f, 0)]
    [InlineData(-0.49999997f, 0)]
    [InlineData(0.5f, 1)]
    [InlineData(-2.5f, -3)]
    [InlineData(8388609f, 8388609)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    public void RoundAwayFromZero_NearTies_RoundsExactly(float value, float want)
    {
        var results = new float[8];

        RealMap.Run(default(RealFunctions.RoundAwayFromZero), Enumerable.Repeat(value, 8).ToArray(), results);

        Assert.Equal(want, results[0]);
    }

    [Fact]
    public void Run_Integers_RoundsToNearest()
    {
        int[] values = [2, 4, 1, 3];
        var results = new int[4];

        RealMap.Run(default(RealFunctions.Exp), ElementType.I32, MemoryMarshal.AsBytes<int>(values), MemoryMarshal.AsBytes(results.AsSpan()));

        Assert.Equal([7, 55, 3, 20], results);
    }

    [Fact]
    public void ErfInv_OfErf_IsTheArgument()
    {
        for (var x = -4.0; x <= 4; x += 0.0625)
        {
            // What erf loses near 1 cannot come back: some last places times the slope of the inverse.
            var tolerance = 1e-14 + (2e-15 * Math.Exp(x * x));
            Assert.InRange(ScalarMath.ErfInv(ScalarMath.Erf(x)) - x, -tolerance, tolerance);
        }
    }

    private static void Check<TFunction>(TFunction function, float low, float high, double relative)
        where TFunction : struct, IRealFunction
    {
        Assert.True(function.IsVectorized);
        var values = new float[4001];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = low + ((high - low) * i / (values.Length - 1));
        }

        var results = new float[values.Length];
        RealMap.Run(function, values, results);
        for (var i = 0; i < values.Length; i++)
        {
            var want = function.Invoke((double)values[i]);
            var tolerance = (relative * Math.Abs(want)) + 1e-37;
            Assert.True(Math.Abs(results[i] - want) <= tolerance, $"{typeof(TFunction).Name}({values[i]:R}) = {results[i]:R}, not {want:R}");
        }
    }
}
