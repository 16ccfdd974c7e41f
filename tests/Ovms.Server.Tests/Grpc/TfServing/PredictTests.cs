using System.Runtime.InteropServices;

namespace Ovms.Server.Tests.Grpc.TfServing;

/// <summary>Predict over a real socket: W§1.4–1.7, texts of W§2.3, examples of W§8.</summary>
public sealed class PredictTests(TfServingFixture server) : IClassFixture<TfServingFixture>
{
    private const int Float = 1;
    private const int Content = 4;

    private const string Values = "000000000000803f0000004000004040000080400000a0400000c0400000e0400000004100001041";

    // Model "dummy", input "b" [1,10] in tensor_content and in float_val; answer "a" (W§8.1, §8.2, §8.5).
    private const string WithContent = "0a070a0564756d6d79123b0a01621236080112081202080112" + "02080a2228" + Values;
    private const string WithFloatVal = "0a070a0564756d6d79123b0a01621236080112081202080112" + "02080a2a28" + Values;

    private const string Answer =
        "0a3b0a0161123608011208120208011202080a22280000803f0000004000004040000080400000a0400000c0400000e040000000410000104100002041";

    [Theory]
    [InlineData(WithContent)]
    [InlineData(WithFloatVal)]
    public async Task Predict_WorkedExample_AnswersByteForByte(string request)
    {
        var answer = await server.Predict(Convert.FromHexString(request));

        Assert.Equal(0, answer.Status);
        Assert.Equal(Answer, Convert.ToHexStringLower(answer.Message));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Predict_Version_ZeroAndExistingAreServed(long version)
    {
        var answer = await server.Predict(Pb.Spec("dummy", version), Pb.Input("b", Float, [1, 10], Pb.Bytes(Content, new byte[40])));

        Assert.Equal(0, answer.Status);
    }

    [Theory]
    [InlineData("none", 0, "Model with requested name is not found")]
    [InlineData("dummy", 7, "Model with requested version is not found")]
    [InlineData("dummy", -1, "Model with requested version is not found")]
    [InlineData("states", 1, "Model with requested version is retired")]
    [InlineData("states", 0, "Model with requested version is not found")]
    public async Task Predict_UnknownModelOrVersion_IsNotFound(string model, long version, string text)
    {
        var answer = await server.Predict(Pb.Spec(model, version));

        Assert.Equal(5, answer.Status);
        Assert.Equal(text, answer.Text);
    }

    [Fact]
    public async Task Predict_WithoutModelSpec_IsNotFoundByName()
    {
        var answer = await server.Predict([]);

        Assert.Equal(5, answer.Status);
        Assert.Equal("Model with requested name is not found", answer.Text);
    }

    public static TheoryData<string, string> Refusals => new()
    {
        { "", "Invalid number of inputs - Expected: 1; Actual: 0" },
        { "b:1:1,10 c:1:1,10", "Invalid number of inputs - Expected: 1; Actual: 2" },
        { "c:1:1,10", "Missing input with specific name - Required input: b" },
        { "b:3:1,10", "Invalid input precision - Expected: FP32; Actual: I32; input name: b" },
        { "b:22:1,10", "Invalid input precision - Expected: FP32; Actual: U32; input name: b" },
        { "b:14:1,10", "Invalid input precision - Expected: FP32; Actual: BF16; input name: b" },
        { "b:12:1,10", "Invalid input precision - Expected: FP32; Actual: INVALID; input name: b" },
        { "b:0:1,10", "Invalid input precision - Expected: FP32; Actual: INVALID; input name: b" },
        { "b:1:10", "Invalid number of shape dimensions - Expected: (1,10); Actual: (10); input name: b" },
        { "b:1:", "Invalid number of shape dimensions - Expected: (1,10); Actual: (); input name: b" },
        { "b:1:1,1,1,1,1,1,1,1,10", "Invalid number of shape dimensions - Expected: (1,10); Actual: (1,1,1,1,1,1,1,1,10); input name: b" },
        { "b:1:2,10", "Invalid input batch size - Expected: 1; Actual: 2; input name: b" },
        { "b:1:1,11", "Invalid input shape - Expected: (1,10); Actual: (1,11); input name: b" },
        { "b:1:1,-10", "Invalid input shape - Negative or zero dimension size is not acceptable: (1,-10); input name: b" },
        { "b:1:1,10:36", "Invalid content size of tensor proto - Expected: 40 bytes; Actual: 36 bytes; input name: b" },
        { "b:1:1,10:0", "Invalid content size of tensor proto - Expected: 40 bytes; Actual: 0 bytes; input name: b" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Predict_InvalidInput_IsRefusedWithUpstreamsText(string inputs, string text)
    {
        var parts = inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static input =>
        {
            var fields = input.Split(':');
            var shape = fields[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse).ToArray();
            return Pb.Input(fields[0], int.Parse(fields[1]), shape, Pb.Bytes(Content, new byte[fields.Length > 3 ? int.Parse(fields[3]) : 40]));
        });

        var answer = await server.Predict([Pb.Spec("dummy"), .. parts]);

        Assert.Equal(3, answer.Status);
        Assert.Equal(text, answer.Text);
    }

    [Fact]
    public async Task Predict_StringInput_IsNotImplemented()
    {
        var answer = await server.Predict(Pb.Spec("dummy"), Pb.Input("b", 7, [1], Pb.Text(8, "text")));

        Assert.Equal(12, answer.Status);
        Assert.StartsWith("Functionality not implemented", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("f16", 19)]
    [InlineData("bf16", 14)]
    [InlineData("u16", 17)]
    public async Task Predict_TooFewValues_OfCountedTypes_IsRefusedByCount(string model, int type)
    {
        var answer = await server.Predict(Pb.Spec(model), Pb.Input("x", type, [3], Pb.Bytes(type == 17 ? 7 : 13, [1, 2])));

        Assert.Equal(3, answer.Status);
        Assert.Equal("Invalid number of values in tensor proto container - Expected: 3; Actual: 2; input name: x", answer.Text);
    }

    [Fact]
    public async Task Predict_OtherTypeForBf16Model_IsRefusedByPrecision()
    {
        var answer = await server.Predict(Pb.Spec("bf16"), Pb.Input("x", 19, [1], Pb.Bytes(Content, new byte[2])));

        Assert.Equal("Invalid input precision - Expected: BF16; Actual: FP16; input name: x", answer.Text);
    }

    [Fact]
    public async Task Predict_ContentOfEveryType_ComesBackWithItsType()
    {
        foreach (var (model, type, dataType) in TfServingFixture.Types)
        {
            var data = Enumerable.Range(0, 3 * Ovms.Runtime.Tensors.ElementTypes.ByteSize(type)).Select(static i => (byte)(i & 1)).ToArray();

            var answer = await server.Predict(Pb.Spec(model), Pb.Input("x", dataType, [3], Pb.Bytes(Content, data)));

            Assert.Equal(0, answer.Status);
            Assert.Equal(Output("x_out", dataType, [3], data), answer.Message);
        }
    }

    [Theory]
    [InlineData("f32", 1, 5, "0000803f", "0000803f")]
    [InlineData("f64", 2, 6, "000000000000f03f", "000000000000f03f")]
    [InlineData("i32", 3, 7, "ffffffffffffffffff01", "ffffffff")]
    [InlineData("u8", 4, 7, "ff01", "ff")]
    [InlineData("i16", 5, 7, "80fcffffffffffffff01", "00fe")]
    [InlineData("i8", 6, 7, "7f", "7f")]
    [InlineData("i64", 9, 10, "05", "0500000000000000")]
    [InlineData("bool", 10, 11, "01", "01")]
    [InlineData("u16", 17, 7, "ffff03", "ffff")]
    [InlineData("f16", 19, 13, "807c", "003e")]
    [InlineData("bf16", 14, 13, "80ff02", "80bf")]
    [InlineData("u32", 22, 16, "ffffffff0f", "ffffffff")]
    [InlineData("u64", 23, 17, "ffffffffffffffffff01", "ffffffffffffffff")]
    public async Task Predict_OneValueInItsField_IsAccepted(string model, int type, int field, string packed, string content)
    {
        var answer = await server.Predict(Pb.Spec(model), Pb.Input("x", type, [1], Pb.Bytes(field, Convert.FromHexString(packed))));

        Assert.Equal(0, answer.Status);
        Assert.Equal(Output("x_out", type, [1], Convert.FromHexString(content)), answer.Message);
    }

    [Theory]
    [InlineData("", true, true)]
    [InlineData("x_out", true, false)]
    [InlineData("y_out nothing", false, true)]
    [InlineData("nothing", true, true)]
    public async Task Predict_OutputFilter_SelectsKnownNames(string filter, bool x, bool y)
    {
        var floats = MemoryMarshal.AsBytes<float>([1, 2]).ToArray();
        var ints = MemoryMarshal.AsBytes<int>([7, 8, 9]).ToArray();

        var answer = await server.Predict(
            [Pb.Spec("pair"), Pb.Input("y", 3, [3], Pb.Bytes(Content, ints)), Pb.Input("x", 1, [1, 2], Pb.Bytes(Content, floats)),
            .. filter.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static n => Pb.Text(3, n))]);

        byte[] expected = [.. x ? Output("x_out", 1, [1, 2], floats) : [], .. y ? Output("y_out", 3, [3], ints) : []];
        Assert.Equal(expected, answer.Message);
    }

    [Fact]
    public async Task Predict_LargeTensor_ComesBackWhole()
    {
        var data = new byte[64 << 20];
        new Random(1).NextBytes(data);

        var answer = await server.Predict(Pb.Spec("u8"), Pb.Input("x", 4, [data.Length], Pb.Bytes(Content, data)));

        Assert.Equal(0, answer.Status);
        Assert.True(answer.Message.AsSpan()[^data.Length..].SequenceEqual(data));
    }

    [Fact]
    public async Task Predict_EveryTruncation_IsAnsweredAndServerStaysWell()
    {
        var request = Convert.FromHexString(WithContent);
        for (var length = 0; length < request.Length; length++)
        {
            var answer = await server.Predict(request[..length]);

            Assert.True(answer.Status is 13 or 3 or 5, $"{length}: {answer.Status} {answer.Text}");
        }

        Assert.Equal(0, (await server.Predict(request)).Status);
        Assert.Empty(server.Defects);
    }

    [Fact]
    public async Task Predict_NoMessage_IsInternal()
    {
        var answer = await server.Client.CallAsync("/tensorflow.serving.PredictionService/Predict", []);

        Assert.Equal(13, answer.Status);
        Assert.Equal("The request holds no message", answer.Text);
    }

    [Fact]
    public async Task Predict_DeadlineWhileRunning_CancelsTheInference()
    {
        var message = Pb.Predict("slow", Pb.Input("x", 1, [1], Pb.Bytes(Content, new byte[4])));

        var answer = await server.Client.CallAsync(
            "/tensorflow.serving.PredictionService/Predict", GrpcTestClient.Frame(message), ("grpc-timeout", "50m"));

        Assert.Equal(4, answer.Status);
        Assert.Equal("Deadline exceeded", answer.Text);
        await server.Slow.Started.WaitAsync(TestContext.Current.CancellationToken);
        await server.Slow.Cancelled.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Predict_ClientGoesWhileRunning_CancelsTheInference()
    {
        var message = Pb.Predict("slow", Pb.Input("x", 1, [1], Pb.Bytes(Content, new byte[4])));
        using var cancel = new CancellationTokenSource();
        var call = server.Client.CallAsync(
            "/tensorflow.serving.PredictionService/Predict", new ByteArrayContent(GrpcTestClient.Frame(message)), cancel.Token);
        await server.Slow.Started.WaitAsync(TestContext.Current.CancellationToken);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await server.Slow.Cancelled.WaitAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("PredictionService/Classify", null)]
    [InlineData("PredictionService/Regress", null)]
    [InlineData("PredictionService/MultiInference", null)]
    [InlineData("ModelService/HandleReloadConfigRequest", "Functionality not implemented")]
    [InlineData("SessionService/SessionRun", "unknown service /tensorflow.serving.SessionService/SessionRun")]
    public async Task Call_MethodOutsideTheServer_IsUnimplemented(string method, string? text)
    {
        var answer = await server.Call(method, []);

        Assert.Equal(12, answer.Status);
        Assert.Equal(text, answer.Text);
    }

    private static byte[] Output(string name, int type, long[] shape, byte[] content) =>
        Pb.Bytes(1, Pb.Text(1, name), Pb.Bytes(2, Pb.Number(1, type), Pb.Shape(shape), Pb.Bytes(Content, content)));
}
