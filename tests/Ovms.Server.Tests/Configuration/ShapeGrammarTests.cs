using Ovms.Server.Configuration;

namespace Ovms.Server.Tests.Configuration;

public sealed class ShapeGrammarTests
{
    [Theory]
    [InlineData("(64,128,256,300)", "(64,128,256,300)")]
    [InlineData("(64, 300)", "(64,300)")]
    [InlineData("(64:128,128,256:512,300:301)", "([64~128],128,[256~512],[300~301])")]
    [InlineData("(0:20)", "([0~20])")]
    [InlineData("(-1,3,224,224)", "(-1,3,224,224)")]
    [InlineData("(-1, 5, -1, 2)", "(-1,5,-1,2)")]
    [InlineData("(1,0:3,5,10:20,-1,3,1:290)", "(1,[0~3],5,[10~20],-1,3,[1~290])")]
    public void TryParseShape_AValidText_ReadsIt(string text, string printed)
    {
        Assert.True(ShapeGrammar.TryParseShape(text, out var shape));
        Assert.Equal(printed, shape!.ToString());
    }

    [Theory]
    [InlineData("(1, 2, 3, 4]")]
    [InlineData("(1, 2, 3.14, 4)")]
    [InlineData("(auto, 2, 3, 4)")]
    [InlineData("(1,2221413523534234632463462346234562)")]
    [InlineData("string")]
    [InlineData("[1, 3, 43]")]
    [InlineData("(9:10,,50)")]
    [InlineData("(:9,20,50)")]
    [InlineData("(9:,20,50)")]
    [InlineData("(9-30,20,50)")]
    [InlineData("(9..30,20,50)")]
    [InlineData("(9::30,20,50)")]
    [InlineData("(-90:10,20,50)")]
    [InlineData("(?,20,50)")]
    [InlineData("(2.5:3,20,50)")]
    [InlineData("(1,20,500000000000000000)")]
    [InlineData("(--30,20,50)")]
    [InlineData("(-5,20,50)")]
    [InlineData("(5-,20,50)")]
    [InlineData("(5:5)")]
    [InlineData("(6:5)")]
    [InlineData("()")]
    [InlineData("((1))")]
    [InlineData("10")]
    public void TryParseShape_AnInvalidText_Refuses(string text) => Assert.False(ShapeGrammar.TryParseShape(text, out _));

    [Theory]
    [InlineData("8", "8")]
    [InlineData("-1", "-1")]
    [InlineData("1:10", "[1~10]")]
    public void TryParseBatchSize_AValidText_ReadsIt(string text, string printed)
    {
        Assert.True(ShapeGrammar.TryParseBatchSize(text, out var dimension));
        Assert.Equal(printed, dimension.ToString());
    }

    [Theory]
    [InlineData("0:10")]
    [InlineData("10:1")]
    [InlineData("1:2:3")]
    [InlineData("-2")]
    [InlineData("many")]
    [InlineData("")]
    public void TryParseBatchSize_AnInvalidText_Refuses(string text) => Assert.False(ShapeGrammar.TryParseBatchSize(text, out _));
}
