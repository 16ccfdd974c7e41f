using Ovms.Runtime.Embedded;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Runtime.Tests.Conformance;

namespace Ovms.Runtime.Tests.Execution;

/// <summary>Plans and their arenas against an interpreter that gives every value memory of its own.</summary>
public sealed class PlanTests
{
    [Fact]
    public void Infer_RandomGraphs_GiveWhatTheInterpreterGives()
    {
        using var embedded = new EmbeddedBackend(threads: 1);
        for (var seed = 0; seed < 400; seed++)
        {
            var graph = new RandomGraph(seed);
            using var folder = ModelFolder.Of(graph.Text);
            using var planned = embedded.Load(folder.Source);
            using var plain = new EagerBackend().Load(folder.Source);
            using var request = planned.CreateRequest();
            for (var run = 0; run < 2; run++)
            {
                using var reference = plain.CreateRequest();
                foreach (var one in (InferRequest[])[request, reference])
                {
                    for (var i = 0; i < graph.Inputs.Count; i++)
                    {
                        one.Fill(i, (seed * 2) + run, graph.Inputs[i].Shape);
                    }

                    one.Run();
                }

                for (var i = 0; i < graph.Results; i++)
                {
                    AssertSame(reference.GetOutput(i), request.GetOutput(i), $"seed {seed}, run {run}, result {i}");
                }
            }
        }
    }

    [Fact]
    public void Infer_RepeatedWithStaticShape_AllocatesNothing()
    {
        var graph = new RandomGraph(FindSeedWithoutDynamicShapes());
        using var folder = ModelFolder.Of(graph.Text);
        using var backend = new EmbeddedBackend(threads: 1);
        using var model = backend.Load(folder.Source);
        using var request = model.CreateRequest();
        Shape[] shapes = [.. graph.Inputs.Select(static input => new Shape(input.Shape))];

        AssertNoAllocation(request, (_, input) => shapes[input], shapes.Length);
    }

    [Fact]
    public void Infer_AlternatingShapes_AllocatesNothing()
    {
        using var folder = ModelFolder.Of(Chain());
        using var backend = new EmbeddedBackend(threads: 1);
        using var model = backend.Load(folder.Source);
        using var request = model.CreateRequest();
        Shape[] shapes = [new(2, 4), new(5, 4)];

        AssertNoAllocation(request, (run, _) => shapes[run % 2], 1);
    }

    [Fact]
    public void Infer_ResultIsTheInput_KeepsItAfterTheInputIsRewritten()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 3);
        text.Result(input);
        text.Result(text.Add("Reshape", 1, "special_zero=\"false\"", [3, 1], input, text.Longs(3, 1)));
        using var folder = ModelFolder.Of(text);
        using var backend = new EmbeddedBackend(threads: 1);
        using var model = backend.Load(folder.Source);
        using var request = model.CreateRequest();
        request.Fill(0, 1, 3);
        request.Run();
        var before = request.Floats(0);
        Assert.Equal(before, request.Floats(1));

        // The caller may fill the next request's input before the answer has been written.
        request.Fill(0, 2, 3);

        Assert.Equal(before, request.Floats(0));
        Assert.Equal(before, request.Floats(1));
    }

    [Fact]
    public void Infer_ResultsAreConstantsAndTheSameValue_GivesAll()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 2);
        var constant = text.Floats([1, 2], 2);
        var sum = text.Add("Add", 1, "", [2], input, constant);
        text.Result(constant);
        text.Result(sum);
        text.Result(sum);
        text.Result(text.Add("Unsqueeze", 1, "", [1, 2], sum, text.Longs(0)));
        using var folder = ModelFolder.Of(text);
        using var backend = new EmbeddedBackend(threads: 1);
        using var model = backend.Load(folder.Source);
        using var request = model.CreateRequest();
        request.Fill(0, 1, 2);

        request.Run();

        Assert.Equal([1f, 2f], request.Floats(0));
        Assert.Equal(request.Floats(1), request.Floats(2));
        Assert.Equal(request.Floats(1), request.Floats(3));
        Assert.Equal(PartialShape.Of(1, 2), model.Signature.Outputs[3].Shape);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(3, 0)]
    [InlineData(0, 0)]
    public void Infer_DimensionsOfZero_GivesEmptyOutputs(long rows, long columns)
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, rows, columns);
        var sum = text.Add("Add", 1, "", [rows, columns], input, text.Floats([1]));
        var joined = text.Add("Concat", 1, "axis=\"0\"", [rows * 2, columns], sum, sum);
        text.Result(text.Add("MatMul", 1, "transpose_a=\"true\"", [columns, columns], joined, joined));
        text.Result(joined);
        using var folder = ModelFolder.Of(text);
        using var backend = new EmbeddedBackend(threads: 1);
        using var model = backend.Load(folder.Source);
        using var request = model.CreateRequest();
        request.Fill(0, 1, rows, columns);

        request.Run();

        // A sum over nothing is zero.
        Assert.Equal(new float[columns * columns], request.Floats(0));
        Assert.Equal(new Shape(rows * 2, columns), request.GetOutput(1).Shape);
        Assert.Empty(request.Floats(1));
    }

    [Fact]
    public void Infer_Scalars_GivesAScalar()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32);
        text.Result(text.Add("Multiply", 1, "", [], input, text.Floats([3])));
        using var folder = ModelFolder.Of(text);
        using var backend = new EmbeddedBackend(threads: 1);
        using var model = backend.Load(folder.Source);
        using var request = model.CreateRequest();
        request.Fill(0, 1);
        request.Run();

        Assert.Equal(Shape.Scalar, request.GetOutput(0).Shape);
        Assert.Single(request.Floats(0));
    }

    [Fact]
    public void Infer_EightThreadsOnOneModel_GiveTheSameAsOne()
    {
        using var folder = ModelFolder.Of(Chain());
        using var backend = new EmbeddedBackend(threads: 4);
        using var model = backend.Load(folder.Source);
        const int Shapes = 40;
        var wanted = new float[Shapes][];
        using (var request = model.CreateRequest())
        {
            for (var i = 0; i < Shapes; i++)
            {
                request.Fill(0, i, 1 + i, 4);
                request.Run();
                wanted[i] = request.Floats(0);
            }
        }

        var failures = new List<string>();
        var threads = Enumerable.Range(0, 8).Select(seed => new Thread(() => Work(seed))).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());

        Assert.Empty(failures);

        void Work(int seed)
        {
            try
            {
                var random = new Random(seed);
                using var request = model.CreateRequest();
                for (var run = 0; run < 150; run++)
                {
                    var i = random.Next(Shapes);
                    request.Fill(0, i, 1 + i, 4);
                    request.Run();
                    Assert.Equal(wanted[i], request.Floats(0));
                    request.Reset();
                }
            }
            catch (Exception exception)
            {
                lock (failures)
                {
                    failures.Add(exception.ToString());
                }
            }
        }
    }

    private static IrText Chain()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, "?,4", [-1, 4]);
        var weights = text.Floats([.. Enumerable.Range(0, 32).Select(static i => i / 32f)], 4, 8);
        var product = text.Add("MatMul", 1, "", [-1, 8], input, weights);
        var sum = text.Add("Add", 1, "", [-1, 8], product, text.Floats([1, 2, 3, 4, 5, 6, 7, 8], 8));
        var flat = text.Add("Reshape", 1, "special_zero=\"false\"", [-1], sum, text.Longs(-1));
        var tanh = text.Add("Tanh", 1, "", [-1], flat);
        text.Result(text.Add("Concat", 1, "axis=\"0\"", [-1], tanh, flat));
        return text;
    }

    private static int FindSeedWithoutDynamicShapes()
    {
        var seed = 1000;
        while (new RandomGraph(seed) is var graph && (graph.Text.Layers.Contains("NonZero", StringComparison.Ordinal) || graph.Text.Layers.Length < 5000))
        {
            seed++;
        }

        return seed;
    }

    private static void AssertNoAllocation(InferRequest request, Func<int, int, Shape> shapeOf, int inputs)
    {
        long before = 0;
        for (var run = 0; run < 60; run++)
        {
            if (run == 30)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            for (var i = 0; i < inputs; i++)
            {
                request.TryPrepareInput(i, shapeOf(run, i), out var bytes);
                bytes.Clear();
            }

            if (request.Infer() != 0 || request.GetOutput(0).Bytes.Length == int.MaxValue)
            {
                throw new InvalidOperationException(request.ErrorText);
            }

            request.Reset();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void AssertSame(OutputTensor want, OutputTensor got, string what)
    {
        var difference = TensorComparer.FindDifference(
            got.Type, got.Shape, got.Bytes, new ConformanceTensor(want.Type, want.Shape, want.Bytes.ToArray(), 1e-5, 1e-5));
        Assert.True(difference is null, $"{what}: {difference}");
    }
}
