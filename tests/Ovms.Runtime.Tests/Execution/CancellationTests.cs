using Ovms.Runtime.Embedded;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Execution;

/// <summary>Where an inference stops, and that only the one meant stops.</summary>
public sealed class CancellationTests
{
    [Fact]
    public void Run_CancelledInAStep_StopsBeforeTheNext()
    {
        using var graph = new ProbedGraph(ProbedGraph.Chain(3));
        using var runner = graph.Runner();
        var instance = graph.Select(runner, 4);
        var ran = new List<string>();
        graph.Running = name =>
        {
            ran.Add(name);
            graph.Control.Cancel();
        };
        graph.Control.Begin();

        Assert.Equal(InferenceError.Cancelled, instance.Run());
        Assert.Single(ran);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_CancelledInALoop_StopsBetweenIterations(bool knownCount)
    {
        using var graph = new ProbedGraph(Loop(knownCount));
        using var runner = graph.Runner();
        var iterations = 0;
        graph.Running = _ =>
        {
            if (++iterations == 5)
            {
                graph.Control.Cancel();
            }
        };
        graph.Control.Begin();
        var instance = graph.Select(runner, 1);

        Assert.Equal(InferenceError.Cancelled, instance.Run());
        Assert.Equal(5, iterations);
    }

    [Fact]
    public void Cancel_NothingRuns_DoesNotStopTheNextInference()
    {
        using var folder = ModelFolder.Of(Sum());
        using var backend = new EmbeddedBackend(threads: 1);
        using var model = backend.Load(folder.Source);
        using var request = model.CreateRequest();
        request.Cancel();
        request.Fill(0, 1, 2);
        Assert.Equal(InferenceError.None, request.Infer());
        request.Cancel();
        request.Reset();
        request.Cancel();
        request.Fill(0, 1, 2);

        Assert.Equal(InferenceError.None, request.Infer());
    }

    [Fact]
    public void Cancel_WhileInputsAreSet_StopsThatInferenceOnly()
    {
        using var folder = ModelFolder.Of(Sum());
        using var backend = new EmbeddedBackend(threads: 1);
        using var model = backend.Load(folder.Source);
        using var request = model.CreateRequest();
        request.Fill(0, 1, 2);
        request.Cancel();
        Assert.Equal(InferenceError.Cancelled, request.Infer());
        Assert.True(request.CanReuse);
        request.Reset();
        request.Fill(0, 1, 2);

        Assert.Equal(InferenceError.None, request.Infer());
    }

    private static IrText Sum()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 2);
        text.Result(text.Add("Add", 1, "", [2], input, text.Floats([1])));
        return text;
    }

    /// <summary>A loop of 100 iterations, or an endless one, around one probe.</summary>
    private static IrText Loop(bool knownCount)
    {
        var body = new IrText();
        var carried = body.Parameter(ElementType.F32, 1);
        var condition = body.Const<byte>(ElementType.Boolean, [1], 1);
        var next = body.Result(body.Add("Probe", 1, "", [1], carried));
        var goOn = body.Result(condition);
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, "?", [-1]);
        var trips = text.Const<long>(ElementType.I64, [knownCount ? 100 : -1], 1);
        var start = text.Const<byte>(ElementType.Boolean, [1], 1);
        var inner = $"""
            <port_map><input external_port_id="2" internal_layer_id="{carried.Layer}"/>
            <output external_port_id="3" internal_layer_id="{next}"/>
            <output external_port_id="-1" internal_layer_id="{goOn}" purpose="execution_condition"/></port_map>
            <back_edges><edge from-layer="{next}" to-layer="{carried.Layer}"/></back_edges>
            <body><layers>{body.Layers}</layers><edges>{body.Edges}</edges></body>
            """;

        // The body's constant is the first of the weights here as well.
        Assert.Equal(1, body.Weights[0]);
        var loop = text.Add("Loop", 5, "", inner, ElementType.F32, [[1]], trips, start, input);
        text.Result(loop[0]);
        return text;
    }
}
