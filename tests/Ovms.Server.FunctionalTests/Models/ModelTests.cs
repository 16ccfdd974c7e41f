using System.Net;
using System.Text;
using System.Text.Json;
using Ovms.Server.FunctionalTests.Clients;
using Ovms.Server.Tests.Reference;
using Ovms.Tests.Shared;

namespace Ovms.Server.FunctionalTests.Models;

/// <summary>Every model of the shared data through a running server, by both protocols: answers, metadata, and the refusal of what cannot be served.</summary>
public sealed class ModelTests(ModelServer server) : IClassFixture<ModelServer>
{
    private const string Onnx = "ONNX models are not supported by the embedded backend";
    private const string TfLite = "TensorFlow Lite models are not supported by the embedded backend";
    private const string TensorFlow = "TensorFlow models are not supported by the embedded backend";
    private const string State = "(ReadValue, opset6): the embedded executor does not support this operation";
    private const string OldState = "(ReadValue, opset3): the embedded executor does not support this operation";
    private const string Strings = "(Parameter, opset1): the embedded executor does not support inputs of type string";

    // The models that the embedded backend cannot serve, with the reason that the log must give. All others are served.
    private static readonly Dictionary<string, string> s_refused = new(StringComparer.Ordinal)
    {
        ["accumulator"] = State,
        ["accumulator_init"] = State,
        ["accumulator_opset3"] = OldState,
        ["delay_line"] = State,
        ["digits_cnn_onnx"] = Onnx,
        ["ema_init_from_input"] = State,
        ["growing_state"] = State,
        ["gru_seq"] = State,
        ["lowlatency_lstm"] = State,
        ["lstm_seq"] = State,
        ["mnist"] = Onnx,
        ["ortex_matmul"] = Onnx,
        ["ovms_dummy_saved_model"] = TensorFlow,
        ["ovms_dummy_tflite"] = TfLite,
        ["ovms_passthrough_string"] = Strings,
        ["ovms_summator"] = State,
        ["passthrough_string"] = Strings,
        ["rapidocr_cls"] = Onnx,
        ["rapidocr_det"] = Onnx,
        ["silero_vad"] = Onnx,
        ["silero_vad_dynamic"] = Onnx,
        ["superres_core"] = Onnx,
        ["text_topic_onnx"] = Onnx,
        ["tfs_half_plus_two_tflite"] = TfLite,
        ["tfs_half_plus_two_tflite_with_sigdef"] = TfLite,
        ["tfs_matrix_half_plus_two"] = TensorFlow,
        ["triton_add_with_initializer"] = Onnx,
        ["triton_onnx_float32_int32_int32"] = Onnx,
        ["triton_simple"] = Onnx,
        ["triton_simple_dyna_sequence"] = Onnx,
        ["triton_simple_int8"] = Onnx,
        ["triton_simple_sequence"] = Onnx,
        ["two_states_int64_counter"] = State,
    };

    /// <summary>Models of which something is served: itself, or at least its twin that takes the states as inputs.</summary>
    public static IEnumerable<TheoryDataRow<string>> Served =>
        ModelSet.ModelNames.Where(static name => s_refused.GetValueOrDefault(name) is null or State or OldState).Select(static name => new TheoryDataRow<string>(name));

    public static IEnumerable<TheoryDataRow<string>> Refused =>
        ModelSet.ModelNames.Where(s_refused.ContainsKey).Select(static name => new TheoryDataRow<string>(name));

    [Fact]
    public void Data_OfTheModels_IsThere() => Repository.RequireShared("models");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Served))]
    public async Task Predict_EveryCaseByGrpc_MatchesTheReference(string model)
    {
        foreach (var item in Cases(model))
        {
            var reply = await server.Grpc.CallAsync(GrpcClient.Predict, GrpcTensors.Request(item));

            var about = $"{item.Servable} case {item.Id}";
            Assert.Equal((about, GrpcReply.Ok, ""), (about, reply.Status, reply.Text));
            var response = PredictResponse.Parser.ParseFrom(reply.Message);
            Assert.Null(response.ModelSpec);
            Assert.Equal(item.Outputs.Select(static o => o.Name).Order(StringComparer.Ordinal), response.Outputs.Keys.Order(StringComparer.Ordinal));
            foreach (var want in item.Outputs)
            {
                TensorCheck.Equal(about, want, GrpcTensors.Read(want.Name, response.Outputs[want.Name], want.Type));
            }
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Served))]
    public async Task Predict_EveryCaseByRestColumns_MatchesTheReference(string model)
    {
        foreach (var item in Cases(model).Where(RestTensors.CanExpress))
        {
            var body = await PostAsync(item, RestTensors.Columns(item));

            CheckAll(item, RestTensors.ReadColumns(body, item));
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Served))]
    public async Task Predict_EveryCaseByRestRows_MatchesTheReference(string model)
    {
        foreach (var item in Cases(model).Where(static c => RestTensors.CanExpress(c) && RestTensors.HasRows(c)))
        {
            var body = await PostAsync(item, RestTensors.Rows(item));

            CheckAll(item, RestTensors.ReadRows(body, item));
        }
    }

    [Fact]
    public async Task Predict_TheTestSetOfDigits_IsAsAccurateAsTheReference()
    {
        var folder = Repository.RequireShared("models", "digits_cnn");
        var testset = JsonElement.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json"))).GetProperty("testset");
        var (shape, images) = NpyFile.Read(Path.Combine(folder, testset.GetProperty("images").GetString()!));
        var (_, labels) = NpyFile.Read(Path.Combine(folder, testset.GetProperty("labels").GetString()!));
        var count = testset.GetProperty("count").GetInt32();
        var input = new TestTensor(testset.GetProperty("input").GetString()!, "f32", shape, images);

        var reply = await server.Grpc.CallAsync(GrpcClient.Predict, GrpcTensors.Request(new ModelCase("digits_cnn", "testset", [input], [])));

        Assert.Equal((GrpcReply.Ok, ""), (reply.Status, reply.Text));
        var logits = GrpcTensors.Read("logits", PredictResponse.Parser.ParseFrom(reply.Message).Outputs["logits"], "f32");
        Assert.Equal([count, 10], logits.Shape);
        var right = 0;
        for (var i = 0; i < count; i++)
        {
            var scores = Enumerable.Range(0, 10).Select(c => BitConverter.ToSingle(logits.Data, 4 * ((10 * i) + c))).ToList();
            right += scores.IndexOf(scores.Max()) == labels[i * (labels.Length / count)] ? 1 : 0;
        }

        Assert.Equal(testset.GetProperty("accuracy").GetDouble(), (double)right / count, 12);
    }

    [Fact]
    public async Task Load_AllModels_FailsForTheKnownOnesOnly()
    {
        Repository.RequireShared("models");
        var unavailable = new List<string>();
        foreach (var servable in server.Models.Servables.Keys)
        {
            if (await StatusAsync(servable) is not { State: 30 })
            {
                unavailable.Add(servable);
            }
        }

        Assert.Equal(s_refused.Keys.Order(StringComparer.Ordinal), unavailable.Order(StringComparer.Ordinal));
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Refused))]
    public async Task Load_AModelTheBackendCannotServe_IsRefusedWithTheReasonInTheLog(string model)
    {
        var status = await StatusAsync(model);
        var predict = await server.Grpc.CallAsync(GrpcClient.Predict, new PredictRequest { ModelSpec = new ModelSpec { Name = model } });
        using var rest = await server.Rest.GetAsync(new Uri($"/v1/models/{model}/metadata", UriKind.Relative), TestContext.Current.CancellationToken);

        // A failed load shows as LOADING with an error (W§1.3, M§3.8).
        Assert.Equal((20, 2, "UNKNOWN"), (status.State, status.Status.ErrorCode, status.Status.ErrorMessage));
        Assert.Equal((GrpcReply.NotFound, "Model with requested version is not found"), (predict.Status, predict.Text));
        Assert.Equal(HttpStatusCode.NotFound, rest.StatusCode);
        var line = Assert.Single(server.Process.Log.Split('\n'), line => line.Contains($"Error occurred while loading model: {model};", StringComparison.Ordinal));
        Assert.Contains(s_refused[model], line, StringComparison.Ordinal);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Served))]
    public async Task GetModelMetadata_ByGrpc_IsTheSignatureOfTheFile(string model)
    {
        foreach (var servable in Signatures(model))
        {
            var request = new GetModelMetadataRequest { ModelSpec = new ModelSpec { Name = servable }, MetadataField = { "signature_def" } };

            var reply = await server.Grpc.CallAsync(GrpcClient.Metadata, request);

            Assert.Equal((servable, GrpcReply.Ok, ""), (servable, reply.Status, reply.Text));
            var response = GetModelMetadataResponse.Parser.ParseFrom(reply.Message);
            Assert.Equal(servable, response.ModelSpec.Name);
            var signature = SignatureDefMap.Parser.ParseFrom(Assert.Single(response.Metadata).Value.Value).SignatureDef["serving_default"];
            Assert.Equal(Describe(servable, "inputs"), signature.Inputs.Select(static i => Describe(i.Key, i.Value)).Order(StringComparer.Ordinal));
            Assert.Equal(Describe(servable, "outputs"), signature.Outputs.Select(static o => Describe(o.Key, o.Value)).Order(StringComparer.Ordinal));
        }
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Served))]
    public async Task GetModelMetadata_ByRest_IsTheSignatureOfTheFile(string model)
    {
        foreach (var servable in Signatures(model))
        {
            var body = await server.Rest.GetStringAsync(new Uri($"/v1/models/{servable}/metadata", UriKind.Relative), TestContext.Current.CancellationToken);

            var signature = JsonElement.Parse(body).GetProperty("metadata").GetProperty("signature_def").GetProperty("signatureDef").GetProperty("serving_default");
            Assert.Equal(Describe(servable, "inputs"), signature.GetProperty("inputs").EnumerateObject().Select(Describe).Order(StringComparer.Ordinal));
            Assert.Equal(Describe(servable, "outputs"), signature.GetProperty("outputs").EnumerateObject().Select(Describe).Order(StringComparer.Ordinal));
        }
    }

    private IEnumerable<ModelCase> Cases(string model) => server.Models.Cases(model).Where(static item => !s_refused.ContainsKey(item.Servable));

    // Those loaded with the shapes of the file: of the others nothing says what their outputs are.
    private IEnumerable<string> Signatures(string model) => server.Models.Servables.Where(s =>
        ModelSet.Owner(s.Key) == model && s.Value.ValueKind == JsonValueKind.Object && !s_refused.ContainsKey(s.Key) && (s.Key == model || s.Key.StartsWith(model + "--v", StringComparison.Ordinal)))
        .Select(static s => s.Key);

    private List<string> Describe(string servable, string list) =>
        [.. server.Models.Servables[servable].GetProperty(list).EnumerateArray().Select(static tensor =>
        {
            var (name, type, shape) = (tensor.GetProperty("name").GetString()!, tensor.GetProperty("element_type").GetString()!, tensor.GetProperty("shape"));
            var sizes = shape.ValueKind == JsonValueKind.String
                ? "any rank"
                : string.Join(',', shape.EnumerateArray().Select(static d => d.ValueKind == JsonValueKind.Number ? d.GetInt64() : -1));
            return $"{name} {name} {ElementTable.DataTypeName(type)} ({sizes})";
        }).Order(StringComparer.Ordinal)];

    private static string Describe(string key, TensorInfo tensor)
    {
        var sizes = tensor.TensorShape.UnknownRank ? "any rank" : string.Join(',', tensor.TensorShape.Dim.Select(static d => d.Size));
        return $"{key} {tensor.Name} {ElementTable.DataTypeName((int)tensor.Dtype)} ({sizes})";
    }

    private static string Describe(JsonProperty property)
    {
        var (tensor, shape) = (property.Value, property.Value.GetProperty("tensorShape"));
        var sizes = shape.GetProperty("unknownRank").GetBoolean()
            ? "any rank"
            : string.Join(',', shape.GetProperty("dim").EnumerateArray().Select(static d => d.GetProperty("size").GetString()));
        return $"{property.Name} {tensor.GetProperty("name").GetString()} {tensor.GetProperty("dtype").GetString()} ({sizes})";
    }

    private async Task<ModelVersionStatus> StatusAsync(string servable)
    {
        var reply = await server.Grpc.CallAsync(GrpcClient.Status, new GetModelStatusRequest { ModelSpec = new ModelSpec { Name = servable } });
        Assert.Equal((servable, GrpcReply.Ok, ""), (servable, reply.Status, reply.Text));
        return Assert.Single(GetModelStatusResponse.Parser.ParseFrom(reply.Message).ModelVersionStatus);
    }

    private static void CheckAll(ModelCase item, List<TestTensor> got)
    {
        foreach (var (want, tensor) in item.Outputs.Zip(got))
        {
            // The text of an answer has no sizes behind an empty dimension.
            TensorCheck.Equal($"{item.Servable} case {item.Id}", want, want.Count == 0 && tensor.Count == 0 ? tensor with { Shape = want.Shape } : tensor);
        }
    }

    private async Task<string> PostAsync(ModelCase item, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await server.Rest.PostAsync(new Uri($"/v1/models/{item.Servable}:predict", UriKind.Relative), content, TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{item.Servable} case {item.Id}: {response.StatusCode} {answer}");
        return answer;
    }
}
