namespace Ovms.Server.Tests.Grpc.TfServing;

/// <summary>GetModelMetadata (W§1.10) and GetModelStatus (W§1.11).</summary>
public sealed class ModelInformationTests(TfServingFixture server) : IClassFixture<TfServingFixture>
{
    private const string Metadata =
        "0a0b0a0564756d6d7912020801128c010a0d7369676e61747572655f6465661" +
        "27b0a36747970652e676f6f676c65617069732e636f6d2f74656e736f72666c6f772e73657276696e672e5369676e61747572654465664d617012" +
        "410a3f0a0f73657276696e675f64656661756c74122c0a140a0162120f0a016210011a08120208011202080a12140a0161120f0a016110011a08120208011202080a";

    [Fact]
    public async Task GetModelMetadata_WorkedExample_AnswersByteForByte()
    {
        var answer = await server.Call("PredictionService/GetModelMetadata", Convert.FromHexString("0a070a0564756d6d79120d7369676e61747572655f646566"));

        Assert.Equal(0, answer.Status);
        Assert.Equal(Metadata, Convert.ToHexStringLower(answer.Message));
    }

    [Fact]
    public async Task GetModelMetadata_DynamicDimension_IsMinusOne()
    {
        var answer = await server.Call("PredictionService/GetModelMetadata", Pb.Spec("f32"), Pb.Text(2, "signature_def"));

        Assert.Contains("1a0d120b08ffffffffffffffffff01", Convert.ToHexStringLower(answer.Message), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "signature_def", 3, "model_spec missing in request")]
    [InlineData("", "", 3, "model_spec missing in request")]
    [InlineData("dummy", "", 3, "Invalid signature name")]
    [InlineData("dummy", "other", 3, "Invalid signature name")]
    [InlineData("dummy", "signature_def signature_def", 3, "Invalid signature name")]
    [InlineData("none", "other", 3, "Invalid signature name")]
    [InlineData("none", "signature_def", 5, "Model with requested name is not found")]
    [InlineData("dummy@2", "signature_def", 5, "Model with requested version is not found")]
    [InlineData("states@2", "signature_def", 14, "Model with requested version is not loaded yet")]
    [InlineData("states@1", "signature_def", 5, "Model with requested version is retired")]
    public async Task GetModelMetadata_BadRequest_IsRefusedInOrder(string spec, string fields, int status, string text)
    {
        var answer = await server.Call(
            "PredictionService/GetModelMetadata",
            [Spec(spec), .. fields.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static f => Pb.Text(2, f))]);

        Assert.Equal(status, answer.Status);
        Assert.Equal(text, answer.Text);
    }

    [Theory]
    [InlineData("dummy", "0a0a0801101e1a0412024f4b")]
    [InlineData("dummy@1", "0a0a0801101e1a0412024f4b")]
    [InlineData("states", "0a0a080110321a0412024f4b0a11080210141a0b0802" + "1207554e4b4e4f574e")]
    [InlineData("states@2", "0a11080210141a0b08021207554e4b4e4f574e")]
    [InlineData("empty", "")]
    public async Task GetModelStatus_KnownModel_ListsVersionsAscending(string spec, string expected)
    {
        var answer = await server.Call("ModelService/GetModelStatus", Spec(spec));

        Assert.Equal(0, answer.Status);
        Assert.Equal(expected, Convert.ToHexStringLower(answer.Message));
    }

    [Theory]
    [InlineData("", "Model with requested name is not found")]
    [InlineData("none", "Model with requested name is not found")]
    [InlineData("dummy@2", "Model with requested version is not found")]
    public async Task GetModelStatus_Unknown_IsNotFound(string spec, string text)
    {
        var answer = await server.Call("ModelService/GetModelStatus", Spec(spec));

        Assert.Equal(5, answer.Status);
        Assert.Equal(text, answer.Text);
    }

    [Theory]
    [InlineData("ModelService/GetModelStatus")]
    [InlineData("PredictionService/GetModelMetadata")]
    [InlineData("PredictionService/Predict")]
    public async Task Call_MalformedMessage_IsInternal(string method)
    {
        var answer = await server.Call(method, [0x0a, 0x7f]);

        Assert.Equal(13, answer.Status);
        Assert.Equal("The request message is malformed", answer.Text);
    }

    private static byte[] Spec(string text)
    {
        var parts = text.Split('@');
        return text.Length == 0 ? [] : Pb.Spec(parts[0], parts.Length > 1 ? long.Parse(parts[1]) : null);
    }
}
