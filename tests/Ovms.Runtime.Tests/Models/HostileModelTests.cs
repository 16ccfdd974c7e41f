using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Ovms.Runtime.Embedded;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Execution;
using Ovms.Tests.Shared;

namespace Ovms.Runtime.Tests.Models;

/// <summary>Files that were cut, changed or made to do harm: a model loads or is refused by <see cref="ModelLoadException"/>, nothing else.</summary>
public sealed class HostileModelTests : IDisposable
{
    // What a small model may make the loader hold; far below what lying sizes ask for.
    private const long MaxBytes = 64 << 20;

    private static readonly string[] s_texts =
    [
        "-1", "0", "1", "2", "64", "65536", "2147483647", "-2147483648", "4294967296", "9223372036854775807", "-9223372036854775808", "99999999999999999999",
        "", " ", "x", "1,2", "0,0", "-1,-1", "1,1,1,1,1,1,1,1,1", "2147483647,2147483647", "?", "?,?", "1..", "..5", "3..2", "...", "true", "f32", "f16", "bf16", "i64", "u4", "u1",
        "string", "boolean", "undefined", "nan", "inf", "1e400", "0.5", "opset1", "opset15", "opset99", "Parameter", "Const", "Result", "Add", "Reshape", "MatMul", "Loop", "If",
        "NonZero", "Broadcast", "Range", "Split", "same_upper", "ceil", "numpy", "&lt;", "&amp;",
    ];

    private readonly EmbeddedBackend _backend = new(threads: 1);

    public static TheoryData<string> SmallModels => ["dummy", "two_outputs", "scalar", "mnist_ir", "tensor_iterator_lstm", "weights_i4_grouped", "silero_vad_ir", "multi_dtype", "dynamic_range"];

    [Fact]
    public void Load_XmlCutAnywhere_IsRefused()
    {
        var (xml, weights) = Read("dummy");
        using var folder = new ModelFolder();
        var end = xml.LastIndexOf("</net>", StringComparison.Ordinal) + "</net>".Length;
        for (var length = 0; length < end; length++)
        {
            folder.Write(xml[..length], weights);
            Assert.Throws<ModelLoadException>(() => Load(folder));
        }
    }

    [Fact]
    public void Load_WeightsCutAnywhere_IsRefused()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 4);
        text.Result(text.Add("Add", 1, "", [4], input, text.Floats([1, 2, 3, 4], 4)));
        using var folder = new ModelFolder();
        for (var length = 0; length < text.Weights.Length; length++)
        {
            folder.Write(text.Xml, text.Weights[..length]);
            var error = Assert.Throws<ModelLoadException>(() => Load(folder));
            Assert.Contains("not inside the weights file", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(SmallModels))]
    public void Load_AttributesChanged_LoadsOrIsRefused(string model)
    {
        var (xml, weights) = Read(model);
        var values = AttributeValues(xml);
        var random = new Random(model.Length);
        Mutate(model, weights, () =>
        {
            var changed = xml;
            for (var i = random.Next(1, 3); i > 0; i--)
            {
                var (start, length) = values[random.Next(values.Count)];
                if (start + length <= changed.Length)
                {
                    changed = string.Concat(changed.AsSpan(0, start), s_texts[random.Next(s_texts.Length)], changed.AsSpan(start + length));
                }
            }

            return changed;
        });
    }

    [Theory]
    [MemberData(nameof(SmallModels))]
    public void Load_BytesChanged_LoadsOrIsRefused(string model)
    {
        var (xml, weights) = Read(model);
        var random = new Random(model.Length + 1);
        Mutate(model, weights, () =>
        {
            var changed = xml.ToCharArray();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                changed[random.Next(changed.Length)] = random.Next(3) > 0 ? (char)random.Next('0', '9' + 1) : (char)random.Next(32, 127);
            }

            return new string(changed);
        });
    }

    [Theory]
    [InlineData("offset=\"0\"", "offset=\"-1\"")]
    [InlineData("offset=\"0\"", "offset=\"1\"")]
    [InlineData("offset=\"0\"", "offset=\"9223372036854775807\"")]
    [InlineData("size=\"16\"", "size=\"15\"")]
    [InlineData("size=\"16\"", "size=\"17\"")]
    [InlineData("size=\"16\"", "size=\"9223372036854775807\"")]
    [InlineData("size=\"16\"", "size=\"-16\"")]
    [InlineData("shape=\"4\" offset", "shape=\"5\" offset")]
    [InlineData("shape=\"4\" offset", "shape=\"-4\" offset")]
    [InlineData("shape=\"4\" offset", "shape=\"4611686018427387904,4\" offset")]
    [InlineData("shape=\"4\" offset", "shape=\"2305843009213693952\" offset")]
    [InlineData("shape=\"4\" offset", "shape=\"9223372036854775807,0,9223372036854775807\" offset")]
    [InlineData("shape=\"4\"/>", "shape=\"4294967296\"/>")]
    [InlineData("shape=\"4\"/>", "shape=\"4294967296,4294967296\"/>")]
    [InlineData("to-layer=\"2\" to-port=\"0\"", "to-layer=\"9\" to-port=\"0\"")]
    [InlineData("to-layer=\"2\" to-port=\"0\"", "to-layer=\"2\" to-port=\"1\"")]
    [InlineData("from-layer=\"0\" from-port=\"0\"", "from-layer=\"2\" from-port=\"2\"")]
    [InlineData("from-layer=\"0\" from-port=\"0\"", "from-layer=\"0\" from-port=\"7\"")]
    [InlineData("layer id=\"1\"", "layer id=\"0\"")]
    [InlineData("version=\"opset1\"><data element_type=\"f32\" shape=\"4\"/>", "version=\"opset0\"><data element_type=\"f32\" shape=\"4\"/>")]
    [InlineData("<net name=\"test\" version=\"11\">", "<!DOCTYPE net SYSTEM \"file:///etc/passwd\"><net name=\"test\" version=\"11\">")]
    [InlineData("<net name=\"test\" version=\"11\">", "<!DOCTYPE net [<!ENTITY a \"b\">]><net name=\"&a;\" version=\"11\">")]
    [InlineData("<net name=\"test\" version=\"11\">", "<net name=\"test\" version=\"12\">")]
    public void Load_OneLie_IsRefused(string truth, string lie)
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 4);
        text.Result(text.Add("Add", 1, "", [4], input, text.Floats([1, 2, 3, 4], 4)));
        Assert.Contains(truth, text.Xml, StringComparison.Ordinal);
        using var folder = new ModelFolder();
        folder.Write(text.Xml.Replace(truth, lie, StringComparison.Ordinal), text.Weights);

        Assert.Throws<ModelLoadException>(() => Load(folder));
    }

    [Fact]
    public void Load_EntitiesThatGrow_IsRefusedWithoutExpanding()
    {
        var xml = new StringBuilder("<!DOCTYPE net [<!ENTITY a0 \"aaaaaaaaaa\">");
        for (var i = 1; i < 10; i++)
        {
            xml.Append(CultureInfo.InvariantCulture, $"<!ENTITY a{i} \"{string.Concat(Enumerable.Repeat($"&a{i - 1};", 10))}\">");
        }

        using var folder = new ModelFolder();
        folder.Write(xml + "]><net name=\"&a9;\" version=\"11\"/>", []);

        Assert.Throws<ModelLoadException>(() => Load(folder));
    }

    [Theory]
    [InlineData("a", 100_000)]
    [InlineData("layers", 100_000)]
    public void Load_ElementsNestedDeep_LoadsOrIsRefused(string element, int depth)
    {
        using var folder = new ModelFolder();
        var open = string.Concat(Enumerable.Repeat($"<{element}>", depth));
        var close = string.Concat(Enumerable.Repeat($"</{element}>", depth));
        folder.Write($"<net name=\"deep\" version=\"11\">{open}{close}</net>", []);

        TryLoad(folder);
    }

    [Fact]
    public void Load_BodiesNestedDeep_IsRefused()
    {
        const int Depth = 40;
        var open = string.Concat(Enumerable.Repeat(
            "<layers><layer id=\"0\" name=\"l\" type=\"Loop\" version=\"opset5\"><body>", Depth));
        var close = string.Concat(Enumerable.Repeat("</body></layer></layers>", Depth));
        using var folder = new ModelFolder();
        folder.Write($"<net name=\"deep\" version=\"11\">{open}{close}</net>", []);

        Assert.Throws<ModelLoadException>(() => Load(folder));
    }

    [Fact]
    public void Load_ChainOf50000Layers_Works()
    {
        var text = new IrText();
        var wire = text.Parameter(ElementType.F32, 1);
        for (var i = 0; i < 50_000; i++)
        {
            wire = text.Add("ReLU", 1, "", [1], wire);
        }

        text.Result(wire);
        using var folder = ModelFolder.Of(text);
        using var model = _backend.Load(folder.Source);
        using var request = model.CreateRequest();
        request.Fill(0, 1, 1);

        request.Run();
    }

    public void Dispose() => _backend.Dispose();

    private static (string Xml, byte[] Weights) Read(string model)
    {
        var path = Directory.GetFiles(Repository.RequireShared("models", model, "1"), "*.xml").Single();
        return (File.ReadAllText(path), File.ReadAllBytes(Path.ChangeExtension(path, ".bin")));
    }

    private static List<(int Start, int Length)> AttributeValues(string xml)
    {
        var found = new List<(int, int)>();
        for (var start = xml.IndexOf("=\"", StringComparison.Ordinal); start >= 0; start = xml.IndexOf("=\"", start, StringComparison.Ordinal))
        {
            start += 2;
            var end = xml.IndexOf('"', start);
            found.Add((start, end - start));
            start = end + 1;
        }

        return found;
    }

    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("OVMS_FUZZ_ROUNDS") ?? "150", CultureInfo.InvariantCulture);

    private void Mutate(string model, byte[] weights, Func<string> mutate)
    {
        using var folder = new ModelFolder();
        folder.Write("", weights);
        for (var round = 0; round < Rounds; round++)
        {
            var xml = mutate();
            File.WriteAllText(folder.XmlPath, xml);
            try
            {
                TryLoad(folder);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"{model}, round {round}: {exception.Message}\n{xml}", exception);
            }
        }
    }

    /// <summary>Loads, and where that works runs once with an input of the declared shape.</summary>
    private void TryLoad(ModelFolder folder)
    {
        try
        {
            using var model = _backend.Load(folder.Source with { MaxTensorBytes = MaxBytes });
            using var request = model.CreateRequest();
            var isReady = true;
            foreach (var input in model.Signature.Inputs)
            {
                isReady &= input.Shape.IsStatic && request.TryPrepareInput(input.Index, input.Shape.ToShape(), out var bytes) == InferenceError.None && Clear(bytes);
            }

            if (isReady && request.Infer() == InferenceError.Failed && !request.ErrorText!.Contains("ModelLoadException", StringComparison.Ordinal))
            {
                throw new InvalidOperationException("running failed: " + request.ErrorText);
            }
        }
        catch (ModelLoadException exception)
        {
            // A fault that only the outermost guard of the loader caught is a defect as well.
            if (exception.Message.Contains("cannot be executed: ", StringComparison.Ordinal))
            {
                throw new InvalidOperationException("loading failed: " + exception.InnerException, exception);
            }
        }
    }

    private static bool Clear(Span<byte> bytes)
    {
        bytes.Clear();
        return true;
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "Load throws, or the model is disposed here.")]
    private void Load(ModelFolder folder) => _backend.Load(folder.Source with { MaxTensorBytes = MaxBytes }).Dispose();
}
