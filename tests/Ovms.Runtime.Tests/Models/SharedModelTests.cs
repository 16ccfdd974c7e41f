using System.Text.Json;
using Ovms.Runtime.Embedded;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Conformance;
using Ovms.Tests.Shared;

namespace Ovms.Runtime.Tests.Models;

/// <summary>All IR models beside the checkout: signature and every reference case.</summary>
public sealed class SharedModelTests
{
    // Refused by name: states come later; strings are no tensors of numbers.
    private static readonly Dictionary<string, string> s_refused = new(StringComparer.Ordinal)
    {
        ["accumulator"] = "ReadValue",
        ["accumulator_init"] = "ReadValue",
        ["accumulator_opset3"] = "ReadValue",
        ["delay_line"] = "ReadValue",
        ["ema_init_from_input"] = "ReadValue",
        ["growing_state"] = "ReadValue",
        ["gru_seq"] = "ReadValue",
        ["lowlatency_lstm"] = "ReadValue",
        ["lstm_seq"] = "ReadValue",
        ["ovms_summator"] = "ReadValue",
        ["two_states_int64_counter"] = "ReadValue",
        ["passthrough_string"] = "type string",
        ["ovms_passthrough_string"] = "type string",
    };

    public static TheoryData<string, string> Models => Find(static _ => true);

    public static TheoryData<string, string> ServedModels => Find(static model => !s_refused.ContainsKey(model));

    private static TheoryData<string, string> Find(Func<string, bool> isWanted)
    {
        var data = new TheoryData<string, string>();
        string[] files = Repository.SharedData is { } shared
            ? Directory.GetFiles(Path.Combine(shared, "models"), "case.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            : [];
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var version in document.RootElement.GetProperty("versions").EnumerateObject())
            {
                var model = Path.GetFileName(Path.GetDirectoryName(file)!);
                if (version.Value.GetProperty("format").GetString() == "ir" && isWanted(model))
                {
                    data.Add(model, version.Name);
                }
            }
        }

        if (data.Count == 0)
        {
            data.Add("dummy", "1");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Load_SharedModel_HasTheReferenceSignature(string model, string version)
    {
        var root = ReadCase(model);
        var description = root.GetProperty("versions").GetProperty(version);
        using var backend = new EmbeddedBackend(threads: 1);
        var source = new ModelSource { Path = Repository.RequireShared("models", model, description.GetProperty("file").GetString()!) };
        if (s_refused.TryGetValue(model, out var reason))
        {
            var error = Assert.Throws<ModelLoadException>(() => backend.Load(source));
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
            return;
        }

        using var loaded = backend.Load(source);

        AssertSame(description.GetProperty("inputs"), loaded.Signature.Inputs);
        AssertSame(description.GetProperty("outputs"), loaded.Signature.Outputs);
    }

    [Theory]
    [MemberData(nameof(ServedModels))]
    public void Infer_SharedModelCases_GiveTheReferences(string model, string version)
    {
        var root = ReadCase(model);
        var path = Repository.RequireShared("models", model, root.GetProperty("versions").GetProperty(version).GetProperty("file").GetString()!);
        using var backend = new EmbeddedBackend(threads: 1);
        using var plain = backend.Load(new ModelSource { Path = path });
        using var request = plain.CreateRequest();
        foreach (var item in root.GetProperty("cases").EnumerateArray())
        {
            if (item.TryGetProperty("versions", out var versions) && !versions.EnumerateArray().Any(v => v.ToString() == version))
            {
                continue;
            }

            if (item.TryGetProperty("reshape", out var reshape))
            {
                var shapes = reshape.EnumerateObject().ToDictionary(static p => p.Name, static p => PartialShape.Of([.. p.Value.EnumerateArray().Select(static d => d.GetInt64())]));
                using var reshaped = backend.Load(new ModelSource { Path = path, InputShapes = shapes });
                using var other = reshaped.CreateRequest();
                RunCase(model, item, reshaped, other);
            }
            else
            {
                RunCase(model, item, plain, request);
            }
        }
    }

    private static void RunCase(string model, JsonElement item, CompiledModel loaded, InferRequest request)
    {
        var folder = Repository.RequireShared("models", model);
        foreach (var input in item.GetProperty("inputs").EnumerateArray())
        {
            var descriptor = Find(loaded.Signature.Inputs, input.GetProperty("name").GetString()!);
            var data = NpyFile.Read(Locate(folder, input));
            Assert.Equal(InferenceError.None, request.TryPrepareInput(descriptor.Index, data.Shape, out var destination));
            data.Bytes.Span.CopyTo(destination);
        }

        var error = request.Infer();

        Assert.True(error == InferenceError.None, $"{error}: {request.ErrorText}");
        foreach (var output in item.GetProperty("outputs").EnumerateArray())
        {
            var descriptor = Find(loaded.Signature.Outputs, output.GetProperty("name").GetString()!);
            var data = NpyFile.Read(Locate(folder, output));
            var got = request.GetOutput(descriptor.Index);
            Assert.True(ElementTypes.TryParse(output.GetProperty("element_type").GetString()!, out var type));
            var wanted = new ConformanceTensor(type, data.Shape, data.Bytes, output.GetProperty("atol").GetDouble(), output.GetProperty("rtol").GetDouble());
            var difference = TensorComparer.FindDifference(got.Type, got.Shape, got.Bytes, wanted, shapeOnly: false);
            Assert.True(difference is null, $"case {item.GetProperty("id")} {descriptor.Name}: {difference}");
        }

        request.Reset();
    }

    private static string Locate(string folder, JsonElement tensor)
    {
        var file = tensor.GetProperty("file").GetString()!;
        return Path.Combine(folder, file);
    }

    private static TensorDescriptor Find(IReadOnlyList<TensorDescriptor> tensors, string name) => tensors.Single(t => t.Name == name || t.Names.Contains(name));

    private static JsonElement ReadCase(string model)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Repository.RequireShared("models", model, "case.json")));
        return document.RootElement.Clone();
    }

    private static void AssertSame(JsonElement wanted, IReadOnlyList<TensorDescriptor> got)
    {
        Assert.Equal(wanted.GetArrayLength(), got.Count);
        for (var i = 0; i < got.Count; i++)
        {
            var tensor = wanted[i];
            Assert.Equal(tensor.GetProperty("name").GetString(), got[i].Name);
            Assert.Equal(tensor.GetProperty("element_type").GetString(), got[i].Type.IrName());
            Assert.Equal(tensor.TryGetProperty("layout", out var layout) ? layout.GetString() : null, got[i].Layout);
            string[] names = [.. tensor.GetProperty("names").EnumerateArray().Select(static n => n.GetString()!).Order(StringComparer.Ordinal)];
            Assert.Equal(names.Length == 0 ? [got[i].Name] : names, got[i].Names);
            Assert.Equal(WithoutOpenBounds(ShapeOf(tensor.GetProperty("shape"))), WithoutOpenBounds(got[i].Shape));
        }
    }

    // Clients see an open dimension as -1 whatever its lower bound; OpenVINO's shape rules find some that no port declares.
    private static PartialShape WithoutOpenBounds(PartialShape shape) => shape.IsRankKnown
        ? new PartialShape([.. shape.Dims.ToArray().Select(static d => d.Max == Dimension.Unbounded ? Dimension.Any : d)])
        : shape;

    private static PartialShape ShapeOf(JsonElement shape) => shape.ValueKind == JsonValueKind.String
        ? PartialShape.AnyRank
        : new PartialShape([.. shape.EnumerateArray().Select(static d => d.ValueKind == JsonValueKind.Array
            ? new Dimension(d[0].GetInt64(), d[1].GetInt64() < 0 ? Dimension.Unbounded : d[1].GetInt64())
            : d.GetInt64() < 0 ? Dimension.Any : Dimension.Fixed(d.GetInt64()))]);
}
