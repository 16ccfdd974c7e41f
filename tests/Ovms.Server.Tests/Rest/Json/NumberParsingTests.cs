using System.Globalization;
using System.Text;
using Ovms.Server.Rest.Json;

namespace Ovms.Server.Tests.Rest.Json;

public sealed class NumberParsingTests
{
    // Halfway cases, limits, subnormals and long inputs that broke other parsers.
    public static readonly string[] HardCases =
    [
        "0", "-0", "0.0", "-0.0", "1", "-1", "0.1", "0.3", "1e0", "1E+0", "1e-0", "123456789", "0.000001", "1e-7",
        "2.2250738585072014e-308", "2.2250738585072011e-308", "2.2250738585072012e-308", "4.9406564584124654e-324", "2.4703282292062327e-324",
        "2.4703282292062328e-324", "2.4703282292062329e-324", "1.7976931348623157e308", "1.7976931348623158e308", "8.98846567431158e307",
        "9007199254740993", "9007199254740992.5", "9007199254740993.0000000000000000000001", "9007199254740992.99999999999999999999999",
        "18014398509481990", "1090544144181609348671888949248", "1090544144181609348835077142190", "5e-324", "3e-324", "1e-323",
        "6.631236846766476e-316", "3.237883913302901e-319", "6.8841e-309", "4.3566e-308", "1e23", "8.5e22", "9.5e21", "1e22", "1e-22",
        "7.2057594037927933e+16", "6929495644600919.5", "3.2378839133029012895883524125015321748630094114072e-319", "1.00000000000000011102230246251565",
        "1.00000000000000011102230246251565404236316680908203125", "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126", "16777217", "16777217.0", "16777216.999999999", "16777217.0000000001",
        "16777219", "33554434", "33554435", "33554436.5", "1.1754943508222875e-38", "1.1754942106924411e-38", "1.4012984643248171e-45",
        "7.0064923216240853e-46", "7.0064923216240854e-46", "7.0064923216240862e-46", "3.4028234663852886e38", "3.4028235677973365e38",
        "3.4028235677973362e38", "0.3176855", "0.000060267860", "8388614.5", "8388613.5", "8388612.5", "7.038531e-26", "9.5367431640625e-7",
        "0.00000000000000000000000000000000000000000000140129846432481707", "1.17549429e-38", "4.7019774032891500318749461488889827112746622270883e-38",
        "0.09289701889927953", "3.1415926535897932384626433832795028841971693993751058209749445923", "43723.56", "2.8823e-10",
        "1844674407370955161500e-2", "18446744073709551615", "18446744073709551616", "18446744073709551625", "99999999999999999999", "0.1000000000000000000000000000000000000000000",
        "1e-400", "0e400", "0.00000e999999", "1e-99999999999999999999", "65504", "65519.99", "65520", "5.9604644775390625e-8", "2.98023223876953125e-8",
        "2.98023223876953126e-8", "0.00048840045928955078125", "2049", "2051", "2049.0000000000000000000000001", "2050.9999999999999999999999",
    ];

    [Fact]
    public void ToDouble_HardCases_EqualsFramework()
    {
        foreach (var text in LongAndHardCases())
        {
            var expected = double.Parse(text, CultureInfo.InvariantCulture);
            var actual = WithNumber(text, static (in JsonNumber n) => JsonNumbers.ToDouble(n));
            Assert.True(BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(actual), $"{text[..Math.Min(60, text.Length)]}: {expected:R} {actual:R}");
        }
    }

    [Fact]
    public void ToSingle_HardCases_EqualsFramework()
    {
        foreach (var text in LongAndHardCases())
        {
            var expected = float.Parse(text, CultureInfo.InvariantCulture);
            var actual = WithNumber(text, static (in JsonNumber n) => JsonNumbers.ToSingle(n));
            Assert.True(BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(actual), $"{text[..Math.Min(60, text.Length)]}: {expected:R} {actual:R}");
        }
    }

    [Fact]
    public void ToHalf_HardCases_EqualsFramework()
    {
        foreach (var text in LongAndHardCases())
        {
            var expected = Half.Parse(text, CultureInfo.InvariantCulture);
            var actual = WithNumber(text, static (in JsonNumber n) => JsonNumbers.ToHalfBits(n));
            Assert.True(BitConverter.HalfToUInt16Bits(expected) == actual, $"{text[..Math.Min(60, text.Length)]}: {expected} {actual:x4}");
        }
    }

    [Theory]
    [InlineData("1.00390625", 0x3F80)] // halfway to the next bfloat16: to even
    [InlineData("1.00390625000000000000000000001", 0x3F81)]
    [InlineData("1.00390624999999999999999999999", 0x3F80)]
    [InlineData("1.01171875", 0x3F82)]
    [InlineData("-1.00390626", 0xBF81)]
    [InlineData("3.4e38", 0x7F80)]
    [InlineData("3.3895313892515355e38", 0x7F7F)]
    [InlineData("0.1", 0x3DCD)]
    [InlineData("9.18354961579912115600575419704879436e-41", 0x0001)]
    [InlineData("0", 0)]
    public void ToBFloat16_Ties_RoundToEven(string text, int expected) =>
        Assert.Equal((ushort)expected, WithNumber(text, static (in JsonNumber n) => JsonNumbers.ToBFloat16Bits(n)));

    [Fact]
    public void ToSingleAndDouble_MillionRandomNumbers_EqualsFramework()
    {
        var random = new Random(20261125);
        Span<byte> padded = stackalloc byte[128];
        for (var i = 0; i < 1_000_000; i++)
        {
            var text = RandomNumber(random, i);
            var single = float.Parse(text, CultureInfo.InvariantCulture);
            var wide = double.Parse(text, CultureInfo.InvariantCulture);
            padded.Fill((byte)',');
            Encoding.ASCII.GetBytes(text, padded);
            var length = NumberScanner.Scan(padded, out var mantissa, out var exponent, out var negative, out var isInteger);
            JsonNumber number;
            if (length != 0)
            {
                Assert.Equal(text.Length, length);
                number = new JsonNumber { Mantissa = mantissa, Exponent = exponent, IsNegative = negative != 0, IsInteger = isInteger };
            }
            else
            {
                number = Accumulate(text);
            }

            Assert.True(BitConverter.SingleToInt32Bits(single) == BitConverter.SingleToInt32Bits(JsonNumbers.ToSingle(number)), text);
            Assert.True(BitConverter.DoubleToInt64Bits(wide) == BitConverter.DoubleToInt64Bits(JsonNumbers.ToDouble(number)), text);
            if ((i & 7) == 0)
            {
                var half = BitConverter.HalfToUInt16Bits(Half.Parse(text, CultureInfo.InvariantCulture));
                Assert.True(half == JsonNumbers.ToHalfBits(number), text);
            }
        }
    }

    [Fact]
    public void PowersOfFive_KnownEntries_MatchThePaper()
    {
        var table = PowersOfFive.Table;
        Assert.Equal(0xEEF453D6923BD65AUL, table[0]); // 5^-342
        Assert.Equal(0x113FAA2906A13B3FUL, table[1]);
        Assert.Equal(0x8000000000000000UL, table[2 * 342]); // 5^0
        Assert.Equal(0UL, table[(2 * 342) + 1]);
        Assert.Equal(0xA000000000000000UL, table[(2 * 342) + 2]);
        Assert.Equal(0xCCCCCCCCCCCCCCCCUL, table[(2 * 342) - 2]); // 5^-1
        Assert.Equal(0xCCCCCCCCCCCCCCCDUL, table[(2 * 342) - 1]);
        Assert.Equal(0x8E679C2F5E44FF8FUL, table[2 * (342 + 308)]); // 5^308
        Assert.Equal(0x570F09EAA7EA7648UL, table[(2 * (342 + 308)) + 1]);
    }

    private delegate T Conversion<T>(in JsonNumber number);

    private static T WithNumber<T>(string text, Conversion<T> convert) => convert(Accumulate(text));

    private static JsonNumber Accumulate(string text)
    {
        var accumulator = new NumberAccumulator();
        accumulator.Reset();
        foreach (var c in text)
        {
            Assert.True(accumulator.Take((byte)c, out var error), text);
            Assert.Equal(JsonError.None, error);
        }

        Assert.False(accumulator.Take((byte)',', out var last));
        Assert.Equal(JsonError.None, last);
        return accumulator.Result();
    }

    private static IEnumerable<string> LongAndHardCases()
    {
        foreach (var text in HardCases)
        {
            yield return text;
        }

        // The exact middle between two subnormal doubles has 767 digits; one digit more or less decides.
        var middle = ExactMiddle();
        yield return middle;
        yield return middle + "0000000000000000000000000000000000000000000000001";
        yield return middle[..^1] + "4999999";
        yield return "0." + new string('0', 500) + "1e500";
        yield return "1" + new string('0', 900) + "e-900";
        yield return new string('9', 2000) + "e-1995";
        yield return "0." + new string('9', 2000);
        yield return "1." + new string('0', 1200) + "1";
    }

    // (2^53 − 1 + ½) × 2^-1074, printed exactly.
    private static string ExactMiddle()
    {
        var numerator = ((System.Numerics.BigInteger.One << 54) - 1) * System.Numerics.BigInteger.Pow(5, 1075);
        var digits = numerator.ToString(CultureInfo.InvariantCulture);
        return digits[0] + "." + digits[1..] + "e" + (digits.Length - 1 - 1075).ToString(CultureInfo.InvariantCulture);
    }

    private static string RandomNumber(Random random, int i)
    {
        switch (i % 7)
        {
            case 0:
                return Finite(BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))).ToString("R", CultureInfo.InvariantCulture);
            case 1:
                return Finite(BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue))).ToString("R", CultureInfo.InvariantCulture);
            case 2:
                return random.NextSingle().ToString("R", CultureInfo.InvariantCulture);
            case 3:
                // Near the middle of two floats.
                var bits = BitConverter.DoubleToInt64Bits((double)(random.NextSingle() * 1000)) | (1L << 28);
                return (BitConverter.Int64BitsToDouble(bits) + (random.Next(3) - 1) * 1e-14).ToString("R", CultureInfo.InvariantCulture);
            case 4:
                return random.NextInt64().ToString(CultureInfo.InvariantCulture) + "." + random.NextInt64().ToString(CultureInfo.InvariantCulture)
                    + "e" + random.Next(-340, 290).ToString(CultureInfo.InvariantCulture);
            case 5:
                // Every count of digits on both sides of the point.
                var whole = random.NextInt64((long)Math.Pow(10, random.Next(1, 10))).ToString(CultureInfo.InvariantCulture);
                var digits = (random.NextInt64(1_000_000_000_000_000_000).ToString("D18", CultureInfo.InvariantCulture) + random.Next(1000).ToString("D3", CultureInfo.InvariantCulture))[..random.Next(1, 22)];
                return $"{whole}.{digits}";
            default:
                return (random.Next(2) == 0 ? "-" : "") + random.Next(1000).ToString(CultureInfo.InvariantCulture) + "."
                    + random.NextInt64(1_000_000_000_000).ToString(CultureInfo.InvariantCulture);
        }
    }

    private static double Finite(double value) => double.IsFinite(value) ? value : 0.5;

    private static float Finite(float value) => float.IsFinite(value) ? value : 0.5f;
}
