using System.Globalization;
using Google.Protobuf;
using Ovms.Server.FunctionalTests.Clients;
using Ovms.Server.Tests.Reference;
using Ovms.Server.Tests.Wire;

namespace Ovms.Server.FunctionalTests.Hostile;

/// <summary>What a Predict call to the model <c>dummy</c> (b f32 [1,10], a = b + 1) must answer to any bytes: read by Google.Protobuf, then the checks of
/// W§1.4–1.6 one after another.</summary>
internal static class DummyOracle
{
    private static readonly Dictionary<int, string> s_precisions = new()
    {
        [1] = "FP32", [2] = "FP64", [3] = "I32", [4] = "U8", [5] = "I16", [6] = "I8", [9] = "I64", [10] = "BOOL", [17] = "U16", [19] = "FP16", [22] = "U32", [23] = "U64",
    };

    /// <summary>Status and text; for success the values in <paramref name="outputs"/>.</summary>
    public static (int Status, string Text) Judge(byte[] message, out float[]? outputs)
    {
        outputs = null;
        PredictRequest request;
        try
        {
            request = PredictRequest.Parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException)
        {
            return (GrpcReply.Internal, "The request message is malformed");
        }

        if (Laxness.In(PredictRequest.Descriptor, message))
        {
            return (GrpcReply.Internal, "The request message is malformed");
        }

        if ((request.ModelSpec?.Name ?? "") != "dummy")
        {
            return (GrpcReply.NotFound, "Model with requested name is not found");
        }

        if (request.ModelSpec!.Version is { Value: not (0 or 1) })
        {
            return (GrpcReply.NotFound, "Model with requested version is not found");
        }

        if (request.Inputs.Count != 1)
        {
            return Invalid($"Invalid number of inputs - Expected: 1; Actual: {request.Inputs.Count}");
        }

        return request.Inputs.TryGetValue("b", out var tensor)
            ? Judge(tensor, out outputs)
            : Invalid("Missing input with specific name - Required input: b");
    }

    private static (int Status, string Text) Judge(TensorProto tensor, out float[]? outputs)
    {
        outputs = null;
        long[] sizes = [.. tensor.TensorShape?.Dim.Select(static d => d.Size) ?? []];
        var shape = "(" + string.Join(',', sizes) + ")";
        if (sizes.Any(static size => size < 0))
        {
            return Invalid($"Invalid input shape - Negative or zero dimension size is not acceptable: {shape}; input name: b");
        }

        if ((int)tensor.Dtype == 7)
        {
            return (GrpcReply.Unimplemented, "Functionality not implemented");
        }

        if ((int)tensor.Dtype != 1)
        {
            // Upstream's table lacks U32 (W§2.3); the fixed server prints it (W§9 no. 29).
            return Invalid($"Invalid input precision - Expected: FP32; Actual: {s_precisions.GetValueOrDefault((int)tensor.Dtype, "INVALID")}; input name: b");
        }

        if (sizes.Length != 2)
        {
            return Invalid($"Invalid number of shape dimensions - Expected: (1,10); Actual: {shape}; input name: b");
        }

        if (sizes[0] != 1)
        {
            return Invalid(string.Create(CultureInfo.InvariantCulture, $"Invalid input batch size - Expected: 1; Actual: {sizes[0]}; input name: b"));
        }

        if (sizes[1] != 10)
        {
            return Invalid($"Invalid input shape - Expected: (1,10); Actual: {shape}; input name: b");
        }

        var content = tensor.TensorContent;
        if (content.Length != 40 && (content.Length != 0 || tensor.FloatVal.Count != 10))
        {
            return Invalid($"Invalid content size of tensor proto - Expected: 40 bytes; Actual: {content.Length} bytes; input name: b");
        }

        outputs = new float[10];
        for (var i = 0; i < 10; i++)
        {
            outputs[i] = (content.Length == 40 ? BitConverter.ToSingle(content.Span[(4 * i)..]) : tensor.FloatVal[i]) + 1;
        }

        return (GrpcReply.Ok, "");
    }

    private static (int Status, string Text) Invalid(string text) => (GrpcReply.InvalidArgument, text);
}
