using Ovms.Runtime.Embedded;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Ir;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Conformance;

namespace Ovms.Runtime.Tests.Execution;

/// <summary>Layers taken over by the layer before: when, when not, and that results stay the same.</summary>
public sealed class FusionTests
{
    [Theory]
    [InlineData(new long[] { 1, 6, 1, 1 }, false, 2)]
    [InlineData(new long[] { 6, 1, 1 }, true, 2)]
    [InlineData(new long[] { 1, 1, 1, 6 }, false, 0)]
    [InlineData(new long[] { 6 }, false, 0)]
    [InlineData(new long[] { 1 }, false, 0)]
    [InlineData(new long[] { 1, 6, 6, 6 }, false, 0)]
    [InlineData(new long[] { 1, 1, 6, 1, 1 }, false, 0)]
    public void Infer_GroupConvolutionAddRelu_IsFusedForOneValuePerChannel(long[] bias, bool swapped, int fused)
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 1, 3, 6, 6);
        var filter = Constant(text, 3, 2, 1, 3, 3);
        var attributes = "strides=\"1,1\" dilations=\"1,1\" pads_begin=\"1,1\" pads_end=\"1,1\" auto_pad=\"explicit\"";
        var convolved = text.Add("GroupConvolution", 1, attributes, [1, 6, 6, 6], input, filter);
        var other = Constant(text, bias);
        long[] shape = bias.Length == 5 ? [1, 1, 6, 6, 6] : [1, 6, 6, 6];
        var sum = swapped ? text.Add("Add", 1, "", shape, other, convolved) : text.Add("Add", 1, "", shape, convolved, other);
        text.Result(text.Add("ReLU", 1, "", shape, sum));

        AssertFused(text, fused, 1, 3, 6, 6);
    }

    [Theory]
    [InlineData(new long[] { 6 }, "min=\"-0.1\" max=\"0.3\"", 2)]
    [InlineData(new long[] { 1, 1, 6 }, "min=\"0\" max=\"6\"", 2)]
    [InlineData(new long[] { 1, 1, 1, 6 }, "min=\"0\" max=\"6\"", 0)]
    [InlineData(new long[] { 4, 6 }, "min=\"0\" max=\"6\"", 0)]
    public void Infer_MatMulAddClamp_IsFusedForOneValuePerColumn(long[] bias, string bounds, int fused)
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 2, 4, 3);
        var product = text.Add("MatMul", 1, "transpose_b=\"true\"", [2, 4, 6], input, Constant(text, 6, 3));
        long[] shape = bias.Length == 4 ? [1, 2, 4, 6] : [2, 4, 6];
        var sum = text.Add("Add", 1, "", shape, product, Constant(text, bias));
        text.Result(text.Add("Clamp", 1, bounds, shape, sum));

        AssertFused(text, fused, 2, 4, 3);
    }

    [Fact]
    public void Infer_GroupConvolutionWithClampBeforeAdd_FusesOnlyTheClamp()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 2, 4, 6, 6);
        var attributes = "strides=\"2,2\" dilations=\"1,1\" pads_begin=\"1,1\" pads_end=\"1,1\"";
        var convolved = text.Add("GroupConvolution", 1, attributes, [2, 4, 3, 3], input, Constant(text, 4, 1, 1, 3, 3));
        var clamped = text.Add("Clamp", 1, "min=\"-0.2\" max=\"0.2\"", [2, 4, 3, 3], convolved);
        text.Result(text.Add("Add", 1, "", [2, 4, 3, 3], clamped, Constant(text, 1, 4, 1, 1)));

        AssertFused(text, 1, 2, 4, 6, 6);
    }

    [Fact]
    public void Infer_ValueBetweenIsReadTwice_IsNotFused()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 4, 3);
        var product = text.Add("MatMul", 1, "", [4, 5], input, Constant(text, 3, 5));
        var sum = text.Add("Add", 1, "", [4, 5], product, Constant(text, 5));
        text.Result(sum);
        text.Result(text.Add("ReLU", 1, "", [4, 5], sum));
        text.Result(text.Add("Add", 1, "", [4, 5], product, product));

        AssertFused(text, 0, 4, 3);
    }

    [Fact]
    public void Infer_SumIsAResult_FusesTheSumOnly()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 4, 3);
        var product = text.Add("MatMul", 1, "", [4, 5], input, Constant(text, 3, 5));
        var sum = text.Add("Add", 1, "", [4, 5], product, Constant(text, 5));
        text.Result(sum);
        text.Result(text.Add("ReLU", 1, "", [4, 5], sum));

        AssertFused(text, 1, 4, 3);
    }

    [Fact]
    public void Infer_SumWithAnotherInput_IsNotFused()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 5, 5);
        var product = text.Add("MatMul", 1, "", [5, 5], input, Constant(text, 5, 5));
        text.Result(text.Add("Add", 1, "", [5, 5], product, input));

        AssertFused(text, 0, 5, 5);
    }

    [Fact]
    public void Load_PortDeclaresARankThatIsNotThere_IsRefused()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 4, 3);

        // The product has two dimensions; the bias of three would give the sum a third.
        var product = text.Add("MatMul", 1, "", [1, 4, 5], input, Constant(text, 3, 5));
        text.Result(text.Add("Add", 1, "", [1, 4, 5], product, Constant(text, 1, 1, 5)));
        using var folder = ModelFolder.Of(text);
        using var backend = new EmbeddedBackend(threads: 1);

        var error = Assert.Throws<ModelLoadException>(() => backend.Load(folder.Source));
        Assert.Contains("not what the file declares", error.Message, StringComparison.Ordinal);
    }

    private static Wire Constant(IrText text, params long[] shape)
    {
        var random = new Random(shape.Length + (int)shape[0]);
        var values = new float[shape.Aggregate(1L, static (a, b) => a * b)];
        foreach (ref var value in values.AsSpan())
        {
            value = random.NextSingle() - 0.5f;
        }

        return text.Floats(values, shape);
    }

    private static void AssertFused(IrText text, int fused, params long[] input)
    {
        using var folder = ModelFolder.Of(text);
        using (var read = IrReader.Read(folder.XmlPath))
        using (var graph = new ExecutionGraph(read, OperationRegistry.Default, MemoryBudget.Unlimited))
        {
            Assert.Equal(fused, graph.FusedLayers);
        }

        using var backend = new EmbeddedBackend(threads: 1);
        using var model = backend.Load(folder.Source);
        using var plain = new EagerBackend().Load(folder.Source);
        using var request = model.CreateRequest();
        using var reference = plain.CreateRequest();
        foreach (var one in (InferRequest[])[request, reference])
        {
            one.Fill(0, 3, input);
            one.Run();
        }

        for (var i = 0; i < model.Signature.Outputs.Count; i++)
        {
            var (want, got) = (reference.GetOutput(i), request.GetOutput(i));
            Assert.Null(TensorComparer.FindDifference(got.Type, got.Shape, got.Bytes, new ConformanceTensor(want.Type, want.Shape, want.Bytes.ToArray(), 1e-6, 1e-6)));
        }
    }
}
