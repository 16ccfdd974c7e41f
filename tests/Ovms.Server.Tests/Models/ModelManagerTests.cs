using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Server.Configuration;
using Ovms.Server.Dispatch;
using Ovms.Server.Models;
using Ovms.Server.Tests.Dispatch;
using Ovms.Server.Tests.Logging;

namespace Ovms.Server.Tests.Models;

public sealed class ModelManagerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ovms-models-").FullName;
    private readonly LogCapture _log = new();
    private readonly ModelRegistry _registry = new();
    private FakeBackend _backend = new();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _log.Dispose();
    }

    [Fact]
    public void Load_SeveralVersions_ServesTheHighest()
    {
        AddVersion("2");
        AddVersion("10");
        AddVersion("9");

        Assert.Null(Load());
        Assert.Equal([(10, ModelVersionState.Available, 0)], Statuses());
        Assert.Contains("Loaded model m; version: 10; batch size: 1; No of InferRequests: 1", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TheHighestIsBroken_FallsBackToTheNext()
    {
        AddVersion("1");
        AddVersion("2", "broken");
        Directory.CreateDirectory(Path.Combine(_folder, "3"));

        Assert.Null(Load());
        Assert.Equal(
            [(1, ModelVersionState.Available, 0), (2, ModelVersionState.Loading, 2), (3, ModelVersionState.Loading, 2)], Statuses());
        Assert.Contains("layer 3 'x' (Foo, opset1): not supported", _log.Text, StringComparison.Ordinal);
        Assert.Contains($"Could not find file for model: m version: 3 in path: {Path.Combine(_folder, "3")}", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NothingLoads_GivesTheStatus()
    {
        AddVersion("1", "broken");

        Assert.Equal("Error while loading a model", Load());
        Assert.Equal([(1, ModelVersionState.Loading, 2)], Statuses());
    }

    [Theory]
    [InlineData("0", "Expected version directory name to be a number greater than 0. Got: 0")]
    [InlineData("-3", "Expected version directory name to be a number greater than 0. Got: -3")]
    [InlineData("001", "Expected version directory name to be a number greater than 0. Got: 001")]
    [InlineData("abc", "Expected version directory name to be in number format. Got: abc")]
    [InlineData("1_old", "Expected version directory name to be in number format. Got: 1_old")]
    [InlineData("99999999999999999999", "Directory name is out of range for supported version format. Got: 99999999999999999999")]
    public void Load_AFolderThatIsNoVersion_IsSkipped(string name, string line)
    {
        AddVersion(name);

        Assert.Null(Load());
        Assert.Empty(Statuses());
        Assert.Contains(line, _log.Text, StringComparison.Ordinal);
        Assert.Contains($"No version found for model in path: {_folder}", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_PathsThatAreNotThere_AreRefused()
    {
        Assert.Equal(ModelStatusException.PathInvalid, Load(Settings() with { BasePath = Path.Combine(_folder, "none") }));
        Assert.Equal(ModelStatusException.PathInvalid, Load(Settings() with { BasePath = "../x" }));
        Assert.Contains("Directory does not exist: " + Path.Combine(_folder, "none"), _log.Text, StringComparison.Ordinal);
        Assert.Contains("Path ../x escape with .. is forbidden.", _log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("m.onnx", "ONNX")]
    [InlineData("m.pdmodel", "PaddlePaddle")]
    [InlineData("saved_model.pb", "TensorFlow")]
    [InlineData("m.tflite", "TensorFlow Lite")]
    public void Load_AnotherFormat_IsRefusedByName(string file, string format)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "1"));
        File.WriteAllText(Path.Combine(_folder, "1", file), "");

        Assert.Equal(ModelStatusException.ModelNotLoaded, Load());
        Assert.Contains($"{format} models are not supported by the embedded backend: ", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AFileOrAFlatFolder_IsVersionOne()
    {
        AddVersion("flat");
        var flat = Path.Combine(_folder, "flat");

        Assert.Null(Load(Settings() with { Name = "a", BasePath = flat }));
        Assert.Null(Load(Settings() with { Name = "b", BasePath = Path.Combine(flat, "m.xml") }));
        Assert.Equal("File not found or cannot open", Load(Settings() with { Name = "c", BasePath = Path.Combine(flat, "m.bin") }));
        Assert.Equal(1, _registry.Catalog.Find("a"u8)!.Default!.Version);
        Assert.Equal(1, _registry.Catalog.Find("b"u8)!.Default!.Version);
    }

    [Theory]
    [InlineData("(2,20)", null, "(2,20)")]
    [InlineData(null, "3", "(3,10)")]
    [InlineData(null, "-1", "(-1,10)")]
    [InlineData("(1,10)", null, "(1,10)")]
    public void Load_WithAShapeOrBatch_Reshapes(string? shape, string? batch, string expected)
    {
        AddVersion("1");
        var builder = new ModelSettingsBuilder(_log.Logger, isStrict: true);
        if (shape is not null)
        {
            builder.SetShape(shape);
        }

        if (batch is not null)
        {
            builder.SetBatchSize(batch);
        }

        Assert.Null(Load(builder.Build("m", _folder)));
        Assert.Equal(expected, Servable().Inputs[0].Descriptor.Shape.ToString());
        Assert.All(_backend.Models.SkipLast(1), m => Assert.True(m.IsDisposed));
    }

    [Fact]
    public void Load_WithSettingsThatDoNotFit_GivesTheStatus()
    {
        AddVersion("1");
        var two = new[] { Input("x", 1, 4), Input("y", 4, 1) };

        Assert.Equal(ModelStatusException.ReshapeError, Load(Settings() with { AnonymousShape = PartialShape.Of(1, 1, 1, 1, 1) }));
        Assert.Equal(ModelStatusException.ShapeNotInModel, Load(Settings() with { Shapes = One("q", PartialShape.Of(1)) }));
        Assert.Equal(ModelStatusException.LayoutNotInModel, Load(Settings() with { Layouts = One("q", Layout("NC")) }));
        Assert.Equal(ModelStatusException.LayoutIncompatible, Load(Settings() with { AnonymousLayout = Layout("NCHW") }));
        _backend = new FakeBackend(two);
        Assert.Equal(ModelStatusException.AnonymousShape, Load(Settings() with { AnonymousShape = PartialShape.Of(1, 1) }));
        Assert.Equal(ModelStatusException.AnonymousLayout, Load(Settings() with { AnonymousLayout = Layout("NC") }));
        Assert.All(_backend.Models, m => Assert.True(m.IsDisposed));
        Assert.Null(Load(Settings() with { BatchSize = Dimension.Fixed(7), Layouts = One("y", Layout("CN")) }));
        Assert.Equal(["(7,4)", "(4,7)"], Servable().Inputs.Select(i => i.Descriptor.Shape.ToString()));
        Assert.Equal([0, 1], Servable().Inputs.Select(i => i.BatchAxis));
    }

    [Fact]
    public void Load_WithAMapping_UsesItsNames()
    {
        AddVersion("1");
        File.WriteAllText(Path.Combine(_folder, "1", "mapping_config.json"), """{"inputs": {"b": "client"}, "outputs": {"a": "answer"}}""");

        Assert.Equal(ModelStatusException.ShapeRealName, Load(Settings() with { Shapes = One("b", PartialShape.Of(1, 5)) }));
        Assert.Null(Load(Settings() with { Shapes = One("client", PartialShape.Of(1, 5)) }));
        Assert.Equal(("client", "(1,5)"), (Servable().Inputs[0].Descriptor.Name, Servable().Inputs[0].Descriptor.Shape.ToString()));
        Assert.Equal("answer", Servable().Outputs[0].Descriptor.Name);
    }

    [Theory]
    [InlineData("{", "Model: m mapping configuration file is not a valid JSON file.")]
    [InlineData("{\"inputs\": {\"b\": 1}}", "Model: m mapping configuration file is not a valid JSON file.")]
    [InlineData("{\"other\": {}}", "Model: m mapping configuration file is not a valid JSON file.")]
    [InlineData("{\"outputs\": {}}", "Couldn't load inputs object from file ")]
    public void Load_WithABadMapping_KeepsTheNames(string json, string line)
    {
        AddVersion("1");
        File.WriteAllText(Path.Combine(_folder, "1", "mapping_config.json"), json);

        Assert.Null(Load());
        Assert.Equal("b", Servable().Inputs[0].Descriptor.Name);
        Assert.Contains(line, _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void RetireAll_WithNothingInFlight_EndsEveryVersion()
    {
        AddVersion("1");
        var manager = Manager();
        Assert.Null(manager.Load(Settings()));

        manager.RetireAll();

        Assert.True(_backend.Models[^1].IsDisposed);
        Assert.Equal([(1, ModelVersionState.End, 0)], Statuses());
    }

    private static TensorDescriptor Input(string name, params long[] shape) =>
        FakeModel.Describe(name, ElementType.F32, PartialShape.Of(shape));

    private static Dictionary<string, T> One<T>(string name, T value) => new() { [name] = value };

    private static TensorLayout Layout(string text)
    {
        Assert.True(TensorLayout.TryParse(text, out var layout));
        return layout!;
    }

    private ModelManager Manager()
    {
        var repository = new ModelRepository(_log.Logger);
        return new ModelManager(_registry, repository, new ModelLoader(_backend, repository, _log.Logger), _log.Logger);
    }

    private string? Load(ModelSettings? settings = null) => Manager().Load(settings ?? Settings());

    private ModelSettings Settings() => new() { Name = "m", BasePath = _folder };

    private ServableVersion Servable() => _registry.Catalog.Find("m"u8)!.Default!.Servable!;

    private IEnumerable<(long, ModelVersionState, int)> Statuses() =>
        _registry.Catalog.Find("m"u8)!.Versions.Select(v => (v.Version, v.State, v.ErrorCode));

    private void AddVersion(string folder, string content = "good")
    {
        var path = Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName;
        File.WriteAllText(Path.Combine(path, "m.xml"), content);
        File.WriteAllText(Path.Combine(path, "m.bin"), "");
    }
}
