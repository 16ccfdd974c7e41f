using System.Globalization;
using Google.Protobuf;
using Ovms.Server.FunctionalTests.Clients;
using Ovms.Server.Tests.Reference;

namespace Ovms.Server.FunctionalTests.Hostile;

/// <summary>Predict calls that are messages, but no requests to the model: code and text of each (W§1.4–1.6, §2.3).</summary>
public sealed class GrpcInputTests(HostileServer server) : IClassFixture<HostileServer>
{
    [Theory]
    [InlineData(1, "1,11", 44, "Invalid input shape - Expected: (1,10); Actual: (1,11); input name: b")]
    [InlineData(1, "1,0", 0, "Invalid input shape - Expected: (1,10); Actual: (1,0); input name: b")]
    [InlineData(1, "2,10", 80, "Invalid input batch size - Expected: 1; Actual: 2; input name: b")]
    [InlineData(1, "0,10", 0, "Invalid input batch size - Expected: 1; Actual: 0; input name: b")]
    [InlineData(1, "10", 40, "Invalid number of shape dimensions - Expected: (1,10); Actual: (10); input name: b")]
    [InlineData(1, "", 40, "Invalid number of shape dimensions - Expected: (1,10); Actual: (); input name: b")]
    [InlineData(1, "1,1,1,1,1,1,1,10", 40, "Invalid number of shape dimensions - Expected: (1,10); Actual: (1,1,1,1,1,1,1,10); input name: b")]
    [InlineData(1, "1,1,1,1,1,1,1,1,10", 40, "Invalid number of shape dimensions - Expected: (1,10); Actual: (1,1,1,1,1,1,1,1,10); input name: b")]
    [InlineData(1, "1,-10", 40, "Invalid input shape - Negative or zero dimension size is not acceptable: (1,-10); input name: b")]
    [InlineData(1, "-1,10", 40, "Invalid input shape - Negative or zero dimension size is not acceptable: (-1,10); input name: b")]
    [InlineData(1, "-9223372036854775808,10", 40, "Invalid input shape - Negative or zero dimension size is not acceptable: (-9223372036854775808,10); input name: b")]
    [InlineData(1, "9223372036854775807,10", 40, "Invalid input batch size - Expected: 1; Actual: 9223372036854775807; input name: b")]
    [InlineData(1, "1,10", 36, "Invalid content size of tensor proto - Expected: 40 bytes; Actual: 36 bytes; input name: b")]
    [InlineData(1, "1,10", 41, "Invalid content size of tensor proto - Expected: 40 bytes; Actual: 41 bytes; input name: b")]
    [InlineData(1, "1,10", 0, "Invalid content size of tensor proto - Expected: 40 bytes; Actual: 0 bytes; input name: b")]
    [InlineData(3, "1,10", 40, "Invalid input precision - Expected: FP32; Actual: I32; input name: b")]
    [InlineData(9, "1,10", 80, "Invalid input precision - Expected: FP32; Actual: I64; input name: b")]
    [InlineData(19, "1,10", 20, "Invalid input precision - Expected: FP32; Actual: FP16; input name: b")]
    [InlineData(0, "1,10", 40, "Invalid input precision - Expected: FP32; Actual: INVALID; input name: b")]
    [InlineData(14, "1,10", 40, "Invalid input precision - Expected: FP32; Actual: BF16; input name: b")]
    [InlineData(101, "1,10", 40, "Invalid input precision - Expected: FP32; Actual: INVALID; input name: b")]
    [InlineData(-1, "1,10", 40, "Invalid input precision - Expected: FP32; Actual: INVALID; input name: b")]
    [InlineData(2147483647, "1,10", 40, "Invalid input precision - Expected: FP32; Actual: INVALID; input name: b")]
    public async Task Predict_ATensorTheModelDoesNotTake_IsRefusedWithItsText(int type, string shape, int bytes, string text)
    {
        var reply = await server.Grpc.CallAsync(GrpcClient.Predict, Request("dummy", ("b", type, shape, bytes)));

        Assert.Equal((GrpcReply.InvalidArgument, text), (reply.Status, reply.Text));
    }

    [Theory]
    [InlineData("1152921504606846976,10", 0)]
    [InlineData("9223372036854775807,10", 40)]
    [InlineData("461168601842738791,10", 40)]
    [InlineData("107374183,10", 40)]
    public async Task Predict_AShapeWhoseBytesOverflow_IsRefused(string shape, int bytes)
    {
        var reply = await server.Grpc.CallAsync(GrpcClient.Predict, Request("dynamic", ("input", 1, shape, bytes)));

        Assert.Equal(GrpcReply.InvalidArgument, reply.Status);
        Assert.StartsWith("Invalid content size of tensor proto - ", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_AMillionDimensions_IsRefused()
    {
        var request = Request("dummy", ("b", 1, "", 40));
        for (var i = 0; i < 1_000_000; i++)
        {
            request.Inputs["b"].TensorShape.Dim.Add(new TensorShapeProto.Types.Dim { Size = 1 });
        }

        var reply = await server.Grpc.CallAsync(GrpcClient.Predict, request);

        Assert.Equal(GrpcReply.InvalidArgument, reply.Status);
        Assert.StartsWith("Invalid number of shape dimensions - Expected: (1,10); Actual: (1,1,1,", reply.Text, StringComparison.Ordinal);
        Assert.InRange(reply.Text.Length, 1, 1000);
    }

    [Fact]
    public async Task Predict_WrongNames_AreRefusedWithTheirTexts()
    {
        var unknown = await server.Grpc.CallAsync(GrpcClient.Predict, Request("nope", ("b", 1, "1,10", 40)));
        var missing = await server.Grpc.CallAsync(GrpcClient.Predict, Request("dummy", ("B", 1, "1,10", 40)));
        var extra = await server.Grpc.CallAsync(GrpcClient.Predict, Request("dummy", ("b", 1, "1,10", 40), ("c", 1, "1,10", 40)));
        var none = await server.Grpc.CallAsync(GrpcClient.Predict, Request("dummy"));
        var endless = await server.Grpc.CallAsync(GrpcClient.Predict, Request(new string('x', 1_000_000), ("b", 1, "1,10", 40)));
        var versioned = Request("dummy", ("b", 1, "1,10", 40));
        versioned.ModelSpec.Version = new Int64Value { Value = -1 };
        var negative = await server.Grpc.CallAsync(GrpcClient.Predict, versioned);

        Assert.Equal((GrpcReply.NotFound, "Model with requested name is not found"), (unknown.Status, unknown.Text));
        Assert.Equal((GrpcReply.InvalidArgument, "Missing input with specific name - Required input: b"), (missing.Status, missing.Text));
        Assert.Equal((GrpcReply.InvalidArgument, "Invalid number of inputs - Expected: 1; Actual: 2"), (extra.Status, extra.Text));
        Assert.Equal((GrpcReply.InvalidArgument, "Invalid number of inputs - Expected: 1; Actual: 0"), (none.Status, none.Text));
        Assert.Equal((GrpcReply.NotFound, "Model with requested name is not found"), (endless.Status, endless.Text));
        Assert.Equal((GrpcReply.NotFound, "Model with requested version is not found"), (negative.Status, negative.Text));
        await server.AssertHealthyAsync();
    }

    [Theory]
    [InlineData("/tensorflow.serving.PredictionService/Classify")]
    [InlineData("/tensorflow.serving.PredictionService/Nope")]
    [InlineData("/nope.Service/Predict")]
    [InlineData("/")]
    public async Task Call_AMethodThatIsNotThere_IsUnimplemented(string path)
    {
        var reply = await server.Grpc.SendAsync(path, GrpcClient.Frame(HostileServer.ValidMessage));

        Assert.Equal(GrpcReply.Unimplemented, reply.Status);
    }

    private static PredictRequest Request(string model, params (string Name, int Type, string Shape, int Bytes)[] inputs)
    {
        var request = new PredictRequest { ModelSpec = new ModelSpec { Name = model } };
        foreach (var (name, type, shape, bytes) in inputs)
        {
            var tensor = new TensorProto { Dtype = (DataType)type, TensorShape = new TensorShapeProto(), TensorContent = ByteString.CopyFrom(new byte[bytes]) };
            foreach (var size in shape.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                tensor.TensorShape.Dim.Add(new TensorShapeProto.Types.Dim { Size = long.Parse(size, CultureInfo.InvariantCulture) });
            }

            request.Inputs.Add(name, tensor);
        }

        return request;
    }
}
