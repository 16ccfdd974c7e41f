using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Tests.Dispatch;

public sealed class PredictValidatorTests
{
    [Fact]
    public void Validate_AGoodRequest_Passes() => Assert.False(Check(new FakeModel(), FakeInputs.Dummy()).IsFault);

    [Theory]
    [InlineData("x", "F32", "1,10", 10, "Missing input with specific name - Required input: b")]
    [InlineData("b", "F32", "1,-10", 10, "Invalid input shape - Negative or zero dimension size is not acceptable: (1,-10); input name: b")]
    [InlineData("b", "I32", "1,-10", 10, "Invalid input shape - Negative or zero dimension size is not acceptable: (1,-10); input name: b")]
    [InlineData("b", "String", "1", 10, "Functionality not implemented")]
    [InlineData("b", "I32", "10", 10, "Invalid input precision - Expected: FP32; Actual: I32; input name: b")]
    [InlineData("b", "F32", "10", 10, "Invalid number of shape dimensions - Expected: (1,10); Actual: (10); input name: b")]
    [InlineData("b", "F32", "1,1,1,1,1,1,1,1,10", 10, "Invalid number of shape dimensions - Expected: (1,10); Actual: (1,1,1,1,1,1,1,1,10); input name: b")]
    [InlineData("b", "F32", "1,1,1,1,1,1,1,1,-1", 10, "Invalid input shape - Negative or zero dimension size is not acceptable: (1,1,1,1,1,1,1,1,-1); input name: b")]
    [InlineData("b", "F32", "2,11", 10, "Invalid input batch size - Expected: 1; Actual: 2; input name: b")]
    [InlineData("b", "F32", "1,11", 10, "Invalid input shape - Expected: (1,10); Actual: (1,11); input name: b")]
    [InlineData("b", "F32", "1,10", 9, "Invalid content size of tensor proto - Expected: 40 bytes; Actual: 36 bytes; input name: b")]
    public void Validate_AWrongInput_GivesTheFirstFaultInOrder(string name, string type, string shape, int values, string message)
    {
        var sizes = shape.Split(',').Select(s => long.Parse(s, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        var inputs = new FakeInputs().Add(name, Enum.Parse<ElementType>(type), sizes, new float[values]);

        Assert.Equal(message, Check(new FakeModel(), inputs).Message);
    }

    [Fact]
    public void Validate_TooManyOrNoInputs_CountsThem()
    {
        Assert.Equal("Invalid number of inputs - Expected: 1; Actual: 0", Check(new FakeModel(), new FakeInputs()).Message);
        Assert.Equal(
            "Invalid number of inputs - Expected: 1; Actual: 2",
            Check(new FakeModel(), FakeInputs.Dummy().Add("c", ElementType.F32, [1], 1)).Message);
    }

    [Fact]
    public void Validate_TwoWrongInputs_ReportsTheLowerName()
    {
        var model = new FakeModel(
            FakeModel.Describe("z", ElementType.F32, PartialShape.Of(1)), FakeModel.Describe("Z", ElementType.F32, PartialShape.Of(1)));

        var fault = Check(model, new FakeInputs().Add("z", ElementType.I32, [1], 1).Add("Z", ElementType.I32, [1], 1));

        Assert.EndsWith("input name: Z", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_DynamicDimensions_FitWithinTheirBounds()
    {
        var shape = new PartialShape(Dimension.Any, new Dimension(1, 10));
        var model = new FakeModel(FakeModel.Describe("b", ElementType.F32, shape));

        Assert.False(Check(model, new FakeInputs().Add("b", ElementType.F32, [2, 3], new float[6])).IsFault);
        Assert.Equal(
            "Invalid input shape - Expected: (-1,[1~10]); Actual: (2,11); input name: b",
            Check(model, new FakeInputs().Add("b", ElementType.F32, [2, 11], new float[22])).Message);
        Assert.Equal(
            "Invalid content size of tensor proto - Shape dimensions are too large; input name: b",
            Check(model, new FakeInputs().Add("b", ElementType.F32, [long.MaxValue, 10], new float[22])).Message);
        Assert.False(Check(model, new FakeInputs().Add("b", ElementType.F32, [0, 3])).IsFault);
    }

    [Theory]
    [InlineData("[H,W,C,N]", "Invalid input batch size - Expected: 4; Actual: 5; input name: b")]
    [InlineData("[C,H,W,?]", "Invalid input shape - Expected: (1,2,3,4); Actual: (1,2,3,5); input name: b")]
    public void Validate_WithALayout_FindsTheBatchByIt(string layout, string message)
    {
        var model = new FakeModel(FakeModel.Describe("b", ElementType.F32, PartialShape.Of(1, 2, 3, 4), layout: layout));

        Assert.Equal(message, Check(model, new FakeInputs().Add("b", ElementType.F32, [1, 2, 3, 5], new float[30])).Message);
    }

    [Fact]
    public void Validate_AScalar_HasNoBatch()
    {
        var model = new FakeModel(FakeModel.Describe("b", ElementType.F32, PartialShape.Of()));

        Assert.False(Check(model, new FakeInputs().Add("b", ElementType.F32, [], 1)).IsFault);
        Assert.Equal(
            "Invalid number of shape dimensions - Expected: (); Actual: (1); input name: b",
            Check(model, new FakeInputs().Add("b", ElementType.F32, [1], 1)).Message);
    }

    private static ServingFault Check(FakeModel model, FakeInputs inputs) =>
        PredictValidator.Validate(new ServableVersion("m", 1, model), inputs);
}
