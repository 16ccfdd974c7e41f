using System.Runtime.InteropServices;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Memory;
using Ovms.Runtime.OpenVino;
using Ovms.Runtime.Tensors;
using Ovms.Tests.Shared;

namespace Ovms.Runtime.Tests.OpenVino;

/// <summary>Behaviour of infer requests on the real library: memory, cancellation, asynchronous calls, failures.</summary>
public class OpenVinoRequestTests
{
    [Fact]
    public void Infer_SteadyRequest_AllocatesNothing()
    {
        foreach (var name in (string[])["dummy", "dynamic", "multi_dtype", "scalar", "two_outputs"])
        {
            using var model = Load(name);
            using var request = model.CreateRequest();
            Loop(model, request, 20);
            var before = GC.GetAllocatedBytesForCurrentThread();

            Loop(model, request, 200);

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Fact]
    public void SetInput_TensorsOfCallersSmallAndLarge_AreReadAndNotKept()
    {
        using var model = Load("dynamic");
        using var request = model.CreateRequest();
        foreach (var rows in (int[])[1, 3, 5000, 1, 8000, 5000, 0, 2])
        {
            using var memory = TensorMemory.Allocate(Math.Max(rows * 40, 1));
            var tensor = new Tensor();
            tensor.Attach(ElementType.F32, new Shape(rows, 10), memory);
            Fill(tensor.As<float>());
            Assert.Equal(InferenceError.None, request.SetInput(0, tensor));
            CheckDynamic(request, rows);
            request.Reset();

            // The other way on the same request right after: the caller's memory must not be read again.
            Assert.Equal(InferenceError.None, request.TryPrepareInput(0, new Shape(rows, 10), out var destination));
            Fill(MemoryMarshal.Cast<byte, float>(destination));
            memory.Span.Fill(0xFF);
            CheckDynamic(request, rows);
            request.Reset();
        }
    }

    [Fact]
    public void TryPrepareInput_ShapeOutsideTheDeclaredOne_IsRefused()
    {
        using var model = Load("dynamic_range");
        using var request = model.CreateRequest();

        Assert.Equal(InferenceError.UnsupportedShape, request.TryPrepareInput(0, new Shape(9, 4), out _));
        Assert.Equal(InferenceError.UnsupportedShape, request.TryPrepareInput(0, new Shape(4), out _));
        Assert.Equal(InferenceError.UnsupportedShape, request.TryPrepareInput(0, new Shape(8, long.MaxValue), out _));
        Assert.Equal(InferenceError.None, request.TryPrepareInput(0, new Shape(8, 4), out var destination));
        Assert.Equal(128, destination.Length);
    }

    [Fact]
    public async Task StartAsync_AsynchronousMode_CompletesManyTimesWithRightOutputs()
    {
        using var model = Load("dynamic");
        model.CallMode = CallMode.Asynchronous;
        using var request = model.CreateRequest();
        for (var i = 0; i < 50; i++)
        {
            var rows = 1 + (i % 7);
            Assert.Equal(InferenceError.None, request.TryPrepareInput(0, new Shape(rows, 10), out var destination));
            Fill(MemoryMarshal.Cast<byte, float>(destination));
            var completion = new Completion();

            request.StartAsync(completion);

            Assert.Equal(InferenceError.None, await completion.Task);
            CheckOutput(request, rows);
            request.Reset();
        }
    }

    [Theory]
    [InlineData(CallMode.Synchronous)]
    [InlineData(CallMode.Asynchronous)]
    public async Task Cancel_WhileALongInferenceRuns_EndsItAndTheRequestStaysUsable(CallMode mode)
    {
        using var model = LoadFile(LongModel.Write());
        model.CallMode = mode;
        using var request = model.CreateRequest();
        var cancelled = 0;
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(InferenceError.None, request.TryPrepareInput(0, new Shape(LongModel.Size, LongModel.Size), out var destination));
            destination.Clear();
            var completion = new Completion();
            var run = Task.Run(() => request.StartAsync(completion));
            await Task.Delay(10 * i, TestContext.Current.CancellationToken);

            request.Cancel();

            await run;
            var error = await completion.Task;

            // On a busy machine the inference may end before this thread comes to cancel it.
            Assert.True(error is InferenceError.Cancelled or InferenceError.None, $"{error}: {request.ErrorText}");
            cancelled += error == InferenceError.Cancelled ? 1 : 0;
            Assert.True(request.CanReuse);
            request.Reset();
        }

        Assert.InRange(cancelled, 1, 5);
        Assert.Equal(InferenceError.None, request.TryPrepareInput(0, new Shape(LongModel.Size, LongModel.Size), out var last));
        last.Clear();
        Assert.Equal(InferenceError.None, request.Infer());
    }

    [Fact]
    public void Infer_ManyRequestsOnManyThreads_EachSeesItsOwnValues()
    {
        using var model = Load("dynamic");
        Parallel.For(0, 8, worker =>
        {
            using var request = model.CreateRequest();
            for (var i = 0; i < 50; i++)
            {
                var rows = 1 + ((worker + i) % 5);
                Assert.Equal(InferenceError.None, request.TryPrepareInput(0, new Shape(rows, 10), out var destination));
                var values = MemoryMarshal.Cast<byte, float>(destination);
                values.Fill(worker);
                Assert.Equal(InferenceError.None, request.Infer());
                foreach (var value in MemoryMarshal.Cast<byte, float>(request.GetOutput(0).Bytes))
                {
                    Assert.Equal((worker * 2) + 1, value);
                }

                request.Reset();
            }
        });
    }

    internal static OpenVinoModel Load(string name) => LoadFile(Directory.GetFiles(Repository.RequireShared("models", name, "1"), "*.xml")[0]);

    private static OpenVinoModel LoadFile(string path) => (OpenVinoModel)OpenVinoRuntime.Backend().Load(new ModelSource { Path = path });

    internal static void Loop(CompiledModel model, InferRequest request, int count)
    {
        var inputs = model.Signature.Inputs;
        for (var n = 0; n < count; n++)
        {
            for (var i = 0; i < inputs.Count; i++)
            {
                // Dynamic dimensions take turns, so that the paths of changed shapes are among the measured ones.
                var shape = default(Shape);
                foreach (var dimension in inputs[i].Shape.Dims)
                {
                    shape.TryAppend(dimension.IsStatic ? dimension.Min : 1 + (n % 3));
                }

                if (request.TryPrepareInput(i, shape, out var destination) != InferenceError.None)
                {
                    throw new InvalidOperationException("input");
                }

                destination.Clear();
            }

            if (request.Infer() != InferenceError.None)
            {
                throw new InvalidOperationException(request.ErrorText);
            }

            for (var i = 0; i < model.Signature.Outputs.Count; i++)
            {
                if (request.GetOutput(i).Bytes.IsEmpty)
                {
                    throw new InvalidOperationException("output");
                }
            }

            request.Reset();
        }
    }

    private static void Fill(Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = i;
        }
    }

    private static void CheckDynamic(InferRequest request, int rows)
    {
        var error = request.Infer();
        Assert.True(error == InferenceError.None, $"{error}: {request.ErrorText}");
        CheckOutput(request, rows);
    }

    private static void CheckOutput(InferRequest request, int rows)
    {
        var output = request.GetOutput(0);
        Assert.Equal(new Shape(rows, 10), output.Shape);
        var values = MemoryMarshal.Cast<byte, float>(output.Memory.Span);
        Assert.Equal(rows * 10, values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            Assert.Equal((i * 2f) + 1, values[i]);
        }
    }

    private sealed class Completion : IInferCompletion
    {
        private readonly TaskCompletionSource<InferenceError> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<InferenceError> Task => _done.Task;

        public void OnCompleted(InferRequest request, InferenceError error) => Assert.True(_done.TrySetResult(error));
    }
}
