using System.Text.Json;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.OpenVino;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Conformance;
using Ovms.Tests.Shared;

namespace Ovms.Runtime.Tests.OpenVino;

/// <summary>Every model of the shared data on the real library: signature, and all cases within tolerance.</summary>
public class OpenVinoModelsTests
{
    // The older release was unpacked with the IR front end only, and its files were written by newer ones.
    private static readonly string[] s_olderModels =
    [
        "dummy", "dummy_fp16", "dummy_bf16", "dummy_fp64", "dummy_i64", "dummy_u8", "multi_dtype", "dynamic", "dynamic_range", "passthrough", "scalar",
        "two_outputs", "argmax", "ovms_dummy", "ovms_add_two_inputs", "triton_fixed_batch", "image_mean", "mnist_ir_fp16", "digits_cnn", "weights_u4_grouped",
    ];

    public static TheoryData<string> Models()
    {
        var data = new TheoryData<string>();
        if (Repository.SharedData is { } shared)
        {
            foreach (var folder in Directory.GetDirectories(Path.Combine(shared, "models")).Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(folder);
                if (File.Exists(Path.Combine(folder, "case.json")) && (OpenVinoRuntime.IsNewest || s_olderModels.Contains(name)))
                {
                    data.Add(name);
                }
            }
        }

        return data;
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Models))]
    public void Load_SharedModel_ServesEveryCaseOrIsRefusedByName(string name)
    {
        var model = ModelCase.Read(Repository.RequireShared("models", name));
        var backend = OpenVinoRuntime.Backend();
        foreach (var version in model.Versions)
        {
            if (model.Kind == "sequence" || name.Contains("passthrough_string", StringComparison.Ordinal))
            {
                var error = Assert.Throws<ModelLoadException>(() => backend.Load(Source(version.File)));
                Assert.Contains(model.Kind == "sequence" ? "keeps state" : "string", error.Message, StringComparison.Ordinal);
                continue;
            }

            foreach (var group in model.Cases(version.Number).GroupBy(static c => c.TryGetProperty("reshape", out var shapes) ? shapes.GetRawText() : ""))
            {
                Run(model, version, [.. group], backend);
            }
        }
    }

    private static void Run(ModelCase model, ModelVersion version, JsonElement[] cases, OpenVinoBackend backend)
    {
        var source = Source(version.File);
        var isReshaped = cases[0].TryGetProperty("reshape", out var reshape);
        if (isReshaped)
        {
            source = source with { InputShapes = reshape.EnumerateObject().ToDictionary(static p => p.Name, static p => ModelCase.Shape(p.Value)) };
        }

        using var compiled = backend.Load(source);
        CheckSignature(version.Signature.GetProperty("inputs"), compiled.Signature.Inputs, isReshaped);
        CheckSignature(version.Signature.GetProperty("outputs"), compiled.Signature.Outputs, isReshaped);
        using var request = compiled.CreateRequest();
        foreach (var test in cases)
        {
            foreach (var item in test.GetProperty("inputs").EnumerateArray())
            {
                var tensor = model.Tensor(item);
                Assert.Equal(InferenceError.None, request.TryPrepareInput(Index(compiled.Signature.Inputs, item), tensor.Shape, out var destination));
                tensor.Bytes.Span.CopyTo(destination);
            }

            var error = request.Infer();
            Assert.True(error == InferenceError.None, $"{error}: {request.ErrorText}");
            foreach (var item in test.GetProperty("outputs").EnumerateArray())
            {
                var output = request.GetOutput(Index(compiled.Signature.Outputs, item));
                Assert.Null(TensorComparer.FindDifference(output.Type, output.Shape, output.Bytes, model.Tensor(item)));
            }

            request.Reset();
        }
    }

    private static void CheckSignature(JsonElement wanted, IReadOnlyList<TensorDescriptor> got, bool isReshaped)
    {
        Assert.Equal(wanted.GetArrayLength(), got.Count);
        for (var i = 0; i < got.Count; i++)
        {
            Assert.Equal(i, got[i].Index);
            Assert.Equal(wanted[i].GetProperty("name").GetString(), got[i].Name);
            var names = wanted[i].GetProperty("names").EnumerateArray().Select(static n => n.GetString()!).Order(StringComparer.Ordinal).ToArray();
            Assert.Equal(names.Length > 0 ? names : [got[i].Name], got[i].Names);
            Assert.Equal(wanted[i].GetProperty("element_type").GetString(), got[i].Type.IrName());
            Assert.Equal(wanted[i].TryGetProperty("layout", out var layout) ? layout.GetString() : null, got[i].Layout);
            if (!isReshaped)
            {
                Assert.Equal(ModelCase.Shape(wanted[i].GetProperty("shape")), got[i].Shape);
            }
        }
    }

    private static int Index(IReadOnlyList<TensorDescriptor> descriptors, JsonElement item) =>
        descriptors.Single(d => d.Names.Contains(item.GetProperty("name").GetString()!)).Index;

    // References were made without bf16 or f16 arithmetic and without quantising activations, which a processor with AVX-512 would do.
    private static ModelSource Source(string file) => new()
    {
        Path = file,
        PluginConfig = new Dictionary<string, string> { ["INFERENCE_PRECISION_HINT"] = "f32", ["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = "0" },
    };
}
