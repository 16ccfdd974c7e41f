using System.Runtime.InteropServices;
using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Operations.Elementwise;

public sealed class ElementConversionTests
{
    [Fact]
    public void F8_EveryCode_SurvivesTheWayThroughFloat()
    {
        for (var code = 0; code < 256; code++)
        {
            var (e4m3, e5m2, e8m0) = (
                LowPrecision.FromF8E4M3((byte)code), LowPrecision.FromF8E5M2((byte)code), LowPrecision.FromF8E8M0((byte)code));
            Assert.True(float.IsNaN(e4m3) || LowPrecision.ToF8E4M3(e4m3) == code, $"f8e4m3 {code}");
            Assert.True(float.IsNaN(e5m2) || LowPrecision.ToF8E5M2(e5m2) == code, $"f8e5m2 {code}");
            Assert.Equal(code, LowPrecision.ToF8E8M0(e8m0));
        }
    }

    [Theory]
    [InlineData(464f, 448f)]
    [InlineData(465f, float.NaN)]
    [InlineData(0.0009765625f, 0f)]
    [InlineData(0.00097656256f, 0.001953125f)]
    [InlineData(-17f, -16f)]
    [InlineData(float.PositiveInfinity, float.NaN)]
    public void F8E4M3_BetweenCodes_RoundsToNearestEven(float value, float want) =>
        Assert.Equal(want, LowPrecision.FromF8E4M3(LowPrecision.ToF8E4M3(value)));

    [Theory]
    [InlineData(300.7f, 44)]
    [InlineData(-1.5f, -1)]
    [InlineData(float.NaN, 0)]
    [InlineData(float.PositiveInfinity, 0)]
    [InlineData(3e9f, 0)]
    public void Convert_FloatToI8_TruncatesAndKeepsTheLowBits(float value, sbyte want) =>
        Assert.Equal(want, One<float, sbyte>(ElementType.F32, value, ElementType.I8));

    [Theory]
    [InlineData(-2147483648f, int.MinValue)]
    [InlineData(2147483648f, int.MinValue)]
    [InlineData(2147483520f, 2147483520)]
    [InlineData(float.NaN, int.MinValue)]
    [InlineData(-1.99f, -1)]
    public void Convert_FloatToI32_OutOfRangeIsTheSmallest(float value, int want) =>
        Assert.Equal(want, One<float, int>(ElementType.F32, value, ElementType.I32));

    [Fact]
    public void Convert_LargeIntegers_RoundOnce()
    {
        // Through f64 this value would round to a tie at f32 and then to even, one unit lower.
        Assert.Equal(9007200328482816f, One<long, float>(ElementType.I64, 9007199791611905, ElementType.F32));
        Assert.Equal(18446744073709551615f, One<ulong, float>(ElementType.U64, ulong.MaxValue, ElementType.F32));
        Assert.Equal(5e9, One<double, long>(ElementType.F64, 5e9, ElementType.I64));
    }

    [Theory]
    [InlineData(1.00390625f, 1f)]
    [InlineData(1.01171875f, 1.015625f)]
    [InlineData(3.4e38f, float.PositiveInfinity)]
    [InlineData(float.NaN, float.NaN)]
    public void Convert_FloatToBFloat16_RoundsToNearestEven(float value, float want)
    {
        var code = One<float, ushort>(ElementType.F32, value, ElementType.BF16);

        Assert.Equal(want, LowPrecision.FromBFloat16(code));
        Assert.Equal(code, LowPrecision.ToBFloat16((double)value));
    }

    [Fact]
    public void Convert_SubByteTypes_PackAsTheFileDoes()
    {
        long[] values = [1, -2, 3, 0, 7];
        var nibbles = new byte[3];
        var bits = new byte[1];

        ElementConversion.Convert(ElementType.I64, MemoryMarshal.AsBytes<long>(values), ElementType.I4, nibbles, 5);
        ElementConversion.Convert(ElementType.I64, MemoryMarshal.AsBytes<long>(values), ElementType.U1, bits, 5);

        Assert.Equal([0xE1, 0x03, 0x07], nibbles);
        Assert.Equal([0b1110_1000], bits);
    }

    private static TTo One<TFrom, TTo>(ElementType from, TFrom value, ElementType to)
        where TFrom : unmanaged
        where TTo : unmanaged
    {
        // Long enough for the vector loops; every element must agree.
        var source = Enumerable.Repeat(value, 37).ToArray();
        var destination = new TTo[37];
        ElementConversion.Convert(from, MemoryMarshal.AsBytes<TFrom>(source), to, MemoryMarshal.AsBytes(destination.AsSpan()), 37);
        Assert.All(destination, item => Assert.Equal(destination[0], item));
        return destination[0];
    }
}
