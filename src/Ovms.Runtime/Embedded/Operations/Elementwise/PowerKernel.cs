using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Elementwise;

/// <summary>Power on f32: the exponents that models have (squares, roots, reciprocals) as vectors, the others by pow.</summary>
internal sealed class PowerKernel : BinaryKernel
{
    private static readonly PowerKernel s_instance = new(ForNumbers<BinaryOps.Power>(ElementType.F32)!);

    private readonly BinaryKernel _general;

    private PowerKernel(BinaryKernel general)
    {
        _general = general;
    }

    public override int OutputBytes => sizeof(float);

    /// <summary>The kernel for an element type, or null.</summary>
    public static BinaryKernel? For(ElementType type) => type == ElementType.F32 ? s_instance : ForNumbers<BinaryOps.Power>(type);

    public override void Run(ReadOnlySpan<byte> left, bool leftAdvances, ReadOnlySpan<byte> right, bool rightAdvances, Span<byte> output)
    {
        var exponent = rightAdvances ? float.NaN : MemoryMarshal.Read<float>(right);
        var x = MemoryMarshal.Cast<byte, float>(left);
        var y = MemoryMarshal.Cast<byte, float>(output);
        if (!leftAdvances || exponent is not (2f or 3f or 0.5f or -1f or 1f))
        {
            _general.Run(left, leftAdvances, right, rightAdvances, output);
        }
        else
        {
            RealMap.Run(new Special(exponent), x, y);
        }
    }

    private readonly struct Special(float exponent) : IRealFunction
    {
        public bool IsVectorized => true;

        public double Invoke(double x) => Math.Pow(x, exponent);

        public Vector256<float> Invoke(Vector256<float> x) => exponent switch
        {
            2f => x * x,
            3f => x * x * x,
            -1f => Vector256<float>.One / x,
            0.5f => Root(x),
            _ => x,
        };

        // Unlike the square root, pow(-inf, 0.5) is +inf.
        private static Vector256<float> Root(Vector256<float> x) => Vector256.ConditionalSelect(
            Vector256.Equals(x, Vector256.Create(float.NegativeInfinity)), Vector256.Create(float.PositiveInfinity), Vector256.Sqrt(x));
    }
}
