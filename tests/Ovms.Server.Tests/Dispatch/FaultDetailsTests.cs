using Ovms.Server.Dispatch;

namespace Ovms.Server.Tests.Dispatch;

public sealed class FaultDetailsTests
{
    [Fact]
    public void Builders_OfEveryKind_PrintTheSpecifiedTexts()
    {
        Assert.Equal("Expected: 1; Actual: 2", FaultDetails.InputCount(1, 2));
        Assert.Equal("Required input: b", FaultDetails.MissingInput("b"));
        Assert.Equal("Expected: FP32; Actual: I32; input name: b", FaultDetails.Precision("FP32", "I32", "b"));
        Assert.Equal("Expected: (1,10); Actual: (10); input name: b", FaultDetails.Shape("(1,10)", "(10)", "b"));
        Assert.Equal("Expected number of binary input shape dimensions: 1; Actual: 4; input name: b", FaultDetails.BinaryRank(4, "b"));
        Assert.Equal("Expected: 1; Actual: 2; input name: b", FaultDetails.BatchSize("1", 2, "b"));
        Assert.Equal(
            "Negative or zero dimension size is not acceptable: (1,-10); input name: b", FaultDetails.NegativeDimension("(1,-10)", "b"));
        Assert.Equal(
            "Expected: 40 bytes; Actual: 36 bytes; input name: b", FaultDetails.ForInput(FaultDetails.ContentSize(40, 36), "b"));
        Assert.Equal("Expected: 10; Actual: 9; input name: b", FaultDetails.ForInput(FaultDetails.ValueCount(10, 9), "b"));
        Assert.Equal("Shape dimensions are too large; input name: b", FaultDetails.ShapeOverflow("b"));
        Assert.Equal("Error: The document is empty. Offset: 0", FaultDetails.Json("The document is empty.", 0));
        Assert.Null(FaultDetails.ForInput(null, "b"));
    }
}
