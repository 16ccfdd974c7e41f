using System.Globalization;
using System.Text;
using Ovms.Server.Rest.Json;

namespace Ovms.Server.Tests.Rest.Json;

public sealed class JsonFloatsTests
{
    [Theory]
    [InlineData(1f, "1.0")]
    [InlineData(0.1f, "0.1")]
    [InlineData(1f / 3, "0.333333343")]
    [InlineData(1e6f, "1e+06")]
    [InlineData(123456789f, "123456792.0")]
    [InlineData(1e-7f, "1e-07")]
    [InlineData(-0f, "-0.0")]
    [InlineData(0f, "0.0")]
    [InlineData(3.4028235e38f, "3.40282347e+38")]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "Infinity")]
    [InlineData(float.NegativeInfinity, "-Infinity")]
    [InlineData(100000f, "100000.0")]
    [InlineData(999999f, "999999.0")]
    [InlineData(1234567f, "1234567.0")]
    [InlineData(0.0001f, "0.0001")]
    [InlineData(0.00001f, "1e-05")]
    [InlineData(-2.5f, "-2.5")]
    [InlineData(55.5f, "55.5")]
    [InlineData(float.Epsilon, "1.4013e-45")]
    [InlineData(1.17549435e-38f, "1.17549435e-38")]
    [InlineData(6.103515625e-05f, "6.10351562e-05")] // exactly half: to even, as C
    [InlineData(16777216f, "16777216.0")]
    [InlineData(1e9f, "1e+09")]
    [InlineData(1234567936f, "1.23456794e+09")]
    public void Write_Single_MatchesUpstream(float value, string expected) => Assert.Equal(expected, Print(value));

    [Theory]
    [InlineData(15.99, "15.99")]
    [InlineData(1.0 / 3, "0.33333333333333331")]
    [InlineData(1.0, "1.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(1e6, "1e+06")]
    [InlineData(1e100, "1e+100")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(5e-324, "4.94066e-324")]
    [InlineData(0.1, "0.1")]
    [InlineData(123456789.0, "123456789.0")]
    [InlineData(1234567890123456.0, "1234567890123456.0")]
    [InlineData(1e17, "1e+17")]
    [InlineData(12345678901234567.0, "12345678901234568.0")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.NegativeInfinity, "-Infinity")]
    [InlineData(131072.5, "131072.5")]
    public void Write_Double_MatchesUpstream(double value, string expected) => Assert.Equal(expected, Print(value));

    [Fact]
    public void Write_RandomSingles_EqualsExactReference()
    {
        var random = new Random(7);
        for (var i = 0; i < 300_000; i++)
        {
            var value = (i % 3) switch
            {
                0 => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)),
                1 => random.NextSingle(),
                _ => (float)Math.Round(random.NextDouble() * 1000, random.Next(4)),
            };
            if (!float.IsFinite(value) || value == 0)
            {
                continue;
            }

            var text = Print(value);
            Assert.Equal(Reference(value), text);
            Assert.Equal(value, float.Parse(text, CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Write_RandomDoubles_ReadBack()
    {
        var random = new Random(8);
        for (var i = 0; i < 50_000; i++)
        {
            var value = i % 2 == 0 ? BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)) : Math.Round(random.NextDouble() * 1000, 3);
            if (double.IsFinite(value) && value != 0)
            {
                Assert.Equal(value, double.Parse(Print(value), CultureInfo.InvariantCulture));
            }
        }
    }

    // %.{digits}g by exact decimals of .NET; halves, which .NET rounds away, are left to the fixed cases above.
    private static string Reference(float value)
    {
        var few = General(((double)value).ToString("E5", CultureInfo.InvariantCulture), 6);
        return float.Parse(few, CultureInfo.InvariantCulture) == value && !IsHalf(value, 6)
            ? few
            : IsHalf(value, 9) || IsHalf(value, 6) ? Print(value) : General(((double)value).ToString("E8", CultureInfo.InvariantCulture), 9);
    }

    private static bool IsHalf(float value, int digits)
    {
        var text = ((double)value).ToString("E60", CultureInfo.InvariantCulture);
        var mantissa = text[..text.IndexOf('E')].Replace(".", "").Replace("-", "");
        return mantissa[digits] == '5' && mantissa[(digits + 1)..].Trim('0').Length == 0;
    }

    private static string General(string scientific, int precision)
    {
        var mark = scientific.IndexOf('E');
        var exponent = int.Parse(scientific.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var sign = scientific[0] == '-' ? "-" : "";
        var digits = scientific[..mark].Replace(".", "").Replace("-", "").TrimEnd('0');
        if (exponent < -4 || exponent >= precision)
        {
            var magnitude = Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
            return sign + digits[0] + (digits.Length > 1 ? "." + digits[1..] : "") + (exponent < 0 ? "e-" : "e+") + magnitude;
        }

        if (exponent < 0)
        {
            return sign + "0." + new string('0', -exponent - 1) + digits;
        }

        digits = digits.PadRight(exponent + 1, '0');
        return sign + digits[..(exponent + 1)] + "." + (digits.Length > exponent + 1 ? digits[(exponent + 1)..] : "0");
    }

    private static string Print(float value)
    {
        Span<byte> room = stackalloc byte[JsonFloats.MaxLength];
        return Encoding.ASCII.GetString(room[..JsonFloats.Write(value, room)]);
    }

    private static string Print(double value)
    {
        Span<byte> room = stackalloc byte[JsonFloats.MaxLength];
        return Encoding.ASCII.GetString(room[..JsonFloats.Write(value, room)]);
    }
}
