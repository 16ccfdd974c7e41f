using System.Text;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Tests.Shared;

namespace Ovms.Runtime.Tests.OpenVino;

/// <summary>Broken and hostile model files: the load fails with a reason, the process and the next model live.</summary>
public sealed class HostileModelsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ovms-hostile-").FullName;

    public static TheoryData<string> BrokenFiles() =>
    [
        "truncated", "empty", "garbage", "bomb", "deep", "short-bin", "huge-constant", "negative-offset", "huge-parameter", "huge-rank", "unknown-operation",
        "cycle", "missing", "garbage.onnx", "empty.onnx", "garbage.tflite", "garbage.pb", "garbage.pdmodel", "no-model.txt",
    ];

    [Theory]
    [MemberData(nameof(BrokenFiles))]
    public void Load_BrokenFile_IsRefusedAndTheNextModelLoads(string kind)
    {
        var backend = OpenVinoRuntime.Backend();
        var path = Write(kind);

        var error = Assert.Throws<ModelLoadException>(() => backend.Load(new ModelSource { Path = path }));

        Assert.NotEmpty(error.Message);
        TestContext.Current.TestOutputHelper?.WriteLine(error.Message);
        using var next = OpenVinoRequestTests.Load("dummy");
        using var request = next.CreateRequest();
        Assert.Equal(InferenceError.None, request.TryPrepareInput(0, new Shape(1, 10), out var destination));
        destination.Clear();
        Assert.Equal(InferenceError.None, request.Infer());
    }

    [Theory]
    [InlineData("FPGA", null, null, "FPGA")]
    [InlineData("CPU", "NOT_A_PROPERTY", "1", "NOT_A_PROPERTY")]
    [InlineData("CPU", "NUM_STREAMS", "many", "many")]
    [InlineData("CPU", "ENABLE_CPU_PINNING", "maybe", "ENABLE_CPU_PINNING")]
    public void Load_WrongDeviceOrProperty_IsRefusedNamingIt(string device, string? key, string? value, string text)
    {
        var config = new Dictionary<string, string>();
        if (key is not null)
        {
            config[key] = value!;
        }

        var source = new ModelSource { Path = Dummy(), Device = device, PluginConfig = config };

        var error = Assert.Throws<ModelLoadException>(() => OpenVinoRuntime.Backend().Load(source));

        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_PropertiesAndCacheDir_ReachTheDevice()
    {
        var cache = Path.Combine(_folder, "cache");
        var source = new ModelSource
        {
            Path = Dummy(),
            CacheDir = cache,
            InferenceThreads = 1,
            PluginConfig = new Dictionary<string, string> { ["NUM_STREAMS"] = "1", ["ENABLE_CPU_PINNING"] = "false", ["PERF_COUNT"] = "true" },
        };

        foreach (var fromCache in (string[])["NO", "YES"])
        {
            using var model = (Ovms.Runtime.OpenVino.OpenVinoModel)OpenVinoRuntime.Backend().Load(source);
            Assert.Equal("1", model.GetProperty("NUM_STREAMS"));
            Assert.Equal("1", model.GetProperty("INFERENCE_NUM_THREADS"));
            Assert.Equal("YES", model.GetProperty("PERF_COUNT"));
            Assert.Equal(fromCache, model.GetProperty("LOADED_FROM_CACHE"));
            Assert.Null(model.GetProperty("NOT_A_PROPERTY"));
            Assert.Contains("synchronous", model.Details, StringComparison.Ordinal);
        }

        Assert.NotEmpty(Directory.GetFiles(cache, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Load_ShapeForAnInputThatIsNotThere_IsRefused()
    {
        var source = new ModelSource { Path = Dummy(), InputShapes = new Dictionary<string, PartialShape> { ["nobody"] = PartialShape.Of(1, 10) } };

        Assert.Contains("nobody", Assert.Throws<ModelLoadException>(() => OpenVinoRuntime.Backend().Load(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WithIntervalAndOpenDimensions_GivesThem()
    {
        var shape = new PartialShape(new Dimension(1, 8), Dimension.Fixed(20));
        var source = new ModelSource { Path = Dummy(), InputShapes = new Dictionary<string, PartialShape> { ["b"] = shape } };

        using var model = OpenVinoRuntime.Backend().Load(source);

        Assert.Equal(shape, model.Signature.Inputs[0].Shape);
        Assert.Equal(shape, model.Signature.Outputs[0].Shape);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Dummy() => Path.Combine(Repository.RequireShared("models", "dummy", "1"), "dummy.xml");

    private string Write(string kind)
    {
        var good = File.ReadAllText(Path.Combine(Repository.RequireShared("models", "mnist_ir", "1"), Path.GetFileName(Directory.GetFiles(Repository.RequireShared("models", "mnist_ir", "1"), "*.xml")[0])));
        var path = Path.Combine(_folder, kind.Contains('.', StringComparison.Ordinal) ? kind : "model.xml");
        var garbage = new byte[5000];
        new Random(7).NextBytes(garbage);
        File.WriteAllBytes(Path.ChangeExtension(path, ".bin"), kind == "short-bin" ? [] : new byte[1 << 20]);
        switch (kind)
        {
            case "truncated":
                File.WriteAllText(path, good[..(good.Length / 2)]);
                break;
            case "short-bin":
                File.WriteAllText(path, good);
                break;
            case "bomb":
                File.WriteAllText(path, "<!DOCTYPE b [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><net name=\"&c;\" version=\"11\"><layers/><edges/></net>");
                break;
            case "deep":
                File.WriteAllText(path, "<net version=\"11\"><layers>" + new StringBuilder().Insert(0, "<layer id=\"1\" type=\"If\"><then_body><layers>", 20_000));
                break;
            case "huge-constant":
                File.WriteAllText(path, Net(Parameter("1,10"), "<layer id=\"2\" name=\"c\" type=\"Const\" version=\"opset1\"><data element_type=\"f32\" shape=\"1,10\" offset=\"9223372036854775800\" size=\"40\"/><output><port id=\"0\" precision=\"FP32\"/></output></layer>"));
                break;
            case "negative-offset":
                File.WriteAllText(path, Net(Parameter("1,10"), "<layer id=\"2\" name=\"c\" type=\"Const\" version=\"opset1\"><data element_type=\"f32\" shape=\"1,10\" offset=\"-40\" size=\"40\"/><output><port id=\"0\" precision=\"FP32\"/></output></layer>"));
                break;
            case "huge-parameter":
                File.WriteAllText(path, Net(Parameter("1048576,1048576,1024")));
                break;
            case "huge-rank":
                File.WriteAllText(path, Net(Parameter(string.Join(',', Enumerable.Repeat("1", 40)))));
                break;
            case "unknown-operation":
                File.WriteAllText(path, Net(Parameter("1,10"), type: "Frobnicate"));
                break;
            case "cycle":
                File.WriteAllText(path, Net(Parameter("1,10"), edge: "<edge from-layer=\"1\" from-port=\"1\" to-layer=\"1\" to-port=\"0\"/>"));
                break;
            case "empty" or "empty.onnx":
                File.WriteAllBytes(path, []);
                break;
            case "missing":
                break;
            default:
                File.WriteAllBytes(path, garbage);
                break;
        }

        return path;
    }

    private static string Parameter(string shape) =>
        $"<layer id=\"0\" name=\"x\" type=\"Parameter\" version=\"opset1\"><data shape=\"{shape}\" element_type=\"f32\"/><output><port id=\"0\" precision=\"FP32\" names=\"x\"/></output></layer>";

    private static string Net(string parameter, string more = "", string type = "Relu", string edge = "<edge from-layer=\"0\" from-port=\"0\" to-layer=\"1\" to-port=\"0\"/>") =>
        $"<net name=\"n\" version=\"11\"><layers>{parameter}<layer id=\"1\" name=\"r\" type=\"{type}\" version=\"opset1\"><input><port id=\"0\" precision=\"FP32\"/></input><output><port id=\"1\" precision=\"FP32\" names=\"y\"/></output></layer>{more}"
        + $"<layer id=\"9\" name=\"out\" type=\"Result\" version=\"opset1\"><input><port id=\"0\" precision=\"FP32\"/></input></layer></layers><edges>{edge}<edge from-layer=\"1\" from-port=\"1\" to-layer=\"9\" to-port=\"0\"/></edges></net>";
}
