using System.Globalization;

namespace Ovms.Server.FunctionalTests.Models;

/// <summary>The pass rule of the reference outputs: type and shape equal, <c>|got − ref| ≤ atol + rtol·|ref|</c>, NaN equals NaN.</summary>
internal static class TensorCheck
{
    /// <summary>Fails unless <paramref name="got"/> is what is wanted.</summary>
    public static void Equal(string about, TestTensor want, TestTensor got)
    {
        Assert.Equal((about, want.ToString()), (about, got.ToString()));
        Assert.Equal((about, want.Data.Length), (about, got.Data.Length));
        var size = ElementTable.Size(want.Type);
        for (var i = 0; i < want.Count; i++)
        {
            ReadOnlySpan<byte> wanted = want.Data.AsSpan(i * size, size), gotten = got.Data.AsSpan(i * size, size);
            if (!wanted.SequenceEqual(gotten) && !Matches(ElementTable.ToDouble(want.Type, wanted), ElementTable.ToDouble(want.Type, gotten), want))
            {
                Assert.Fail(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{about}, {want}, element {i}: {ElementTable.ToJson(want.Type, gotten)}, expected {ElementTable.ToJson(want.Type, wanted)} (atol {want.Abs}, rtol {want.Rel})"));
            }
        }
    }

    private static bool Matches(double want, double got, TestTensor tensor)
    {
        if (tensor is { Type: "i64" or "u64", Abs: 0, Rel: 0 })
        {
            // Doubles cannot tell all of these apart; the caller has compared the bytes.
            return false;
        }

        return (double.IsNaN(want) && double.IsNaN(got)) || want == got
            || (double.IsFinite(want) && Math.Abs(want - got) <= tensor.Abs + (tensor.Rel * Math.Abs(want)));
    }
}
