using Ovms.Server.Dispatch;

namespace Ovms.Server.Tests.Dispatch;

public sealed class TensorLayoutTests
{
    [Theory]
    [InlineData("NHWC", 0)]
    [InlineData("NC", 0)]
    [InlineData("N...", 0)]
    [InlineData("N...CH", 0)]
    [InlineData("HWCN", 3)]
    [InlineData("??N...", 2)]
    [InlineData("?C???N...", 5)]
    [InlineData("CHW", -1)]
    [InlineData("...NC", -1)]
    [InlineData("...", -1)]
    [InlineData("C??H", -1)]
    [InlineData("[n, c, h, w]", 0)]
    public void TryParse_AValidLayout_FindsTheBatch(string text, int axis)
    {
        Assert.True(TensorLayout.TryParse(text, out var layout));
        Assert.Equal(axis, layout!.BatchAxis);
    }

    [Theory]
    [InlineData("NCHWN")]
    [InlineData("N...N")]
    [InlineData("N???N")]
    [InlineData("N.CH")]
    [InlineData("..NHW.")]
    [InlineData("NHW..")]
    [InlineData("N...C...H")]
    [InlineData("N.C.H.W")]
    [InlineData("")]
    public void TryParse_AnInvalidLayout_Refuses(string text) => Assert.False(TensorLayout.TryParse(text, out _));

    [Theory]
    [InlineData("NCHW", 4, true)]
    [InlineData("NCHW", 3, false)]
    [InlineData("N...C", 2, true)]
    [InlineData("N...C", 1, false)]
    public void FitsRank_OfALayout_CountsItsLetters(string text, int rank, bool fits)
    {
        Assert.True(TensorLayout.TryParse(text, out var layout));
        Assert.Equal(fits, layout!.FitsRank(rank));
    }
}
