using Ovms.Runtime.Embedded;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Execution;

/// <summary>The limit on what a model and its requests hold.</summary>
public sealed class MemoryBudgetTests
{
    [Fact]
    public void Allocate_BeyondTheLimit_ThrowsAndKeepsTheCount()
    {
        var budget = new MemoryBudget(100);
        using (TensorMemory.Allocate(60, budget))
        {
            var error = Assert.Throws<InsufficientMemoryException>(() => TensorMemory.Allocate(60, budget));
            Assert.Equal("60 more bytes of tensors would go beyond the model's limit of 100 bytes", error.Message);
            Assert.Equal(60, budget.Used);
        }

        Assert.Equal(0, budget.Used);
    }

    [Fact]
    public void Infer_BeyondTheLimit_IsOutOfMemoryAndLaterSmallOnesWork()
    {
        using var folder = ModelFolder.Of(Model());
        using var backend = new EmbeddedBackend(threads: 1);
        using var model = backend.Load(folder.Source with { MaxTensorBytes = 1 << 20 });
        using var request = model.CreateRequest();
        request.Fill(0, 1, 16);
        Assert.Equal(InferenceError.None, request.Infer());
        request.Reset();

        // The input has room, the values between have not.
        request.Fill(0, 1, 200_000);
        Assert.Equal(InferenceError.OutOfMemory, request.Infer());
        Assert.Contains("limit of 1048576 bytes", request.ErrorText, StringComparison.Ordinal);
        Assert.True(request.CanReuse);
        request.Reset();
        Assert.Equal(InferenceError.OutOfMemory, request.TryPrepareInput(0, new Shape(1 << 20), out _));
        request.Reset();
        request.Fill(0, 1, 16);

        Assert.Equal(InferenceError.None, request.Infer());
    }

    [Fact]
    public void Infer_ManyShapesBelowTheLimit_GivesUpOlderShapesInsteadOfFailing()
    {
        using var folder = ModelFolder.Of(Model());
        using var backend = new EmbeddedBackend(threads: 1);
        using var model = backend.Load(folder.Source with { MaxTensorBytes = 1 << 20 });
        using var request = model.CreateRequest();
        for (var size = 40_000; size < 40_040; size++)
        {
            request.Fill(0, 1, size);
            request.Run();
            request.Reset();
        }
    }

    [Fact]
    public void Dispose_RequestAndModel_GiveAllBytesBack()
    {
        using var folder = ModelFolder.Of(Model());
        using var backend = new EmbeddedBackend(threads: 1);
        var model = (EmbeddedModel)backend.Load(folder.Source);
        using (var request = model.CreateRequest())
        {
            request.Fill(0, 1, 1000);
            request.Run();
            Assert.True(model.Budget.Used > 8000);
        }

        model.Dispose();

        Assert.Equal(0, model.Budget.Used);
    }

    [Fact]
    public void Load_ConstantsBeyondTheLimit_IsRefused()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, 1);
        for (var i = 0; i < 64; i++)
        {
            var wide = text.Add("Broadcast", 3, "mode=\"numpy\"", [1 << 20], text.Floats([i], 1), text.Longs(1 << 20));
            text.Result(text.Add("Add", 1, "", [1 << 20], input, wide));
        }

        using var folder = ModelFolder.Of(text);
        using var backend = new EmbeddedBackend(threads: 1);

        var error = Assert.Throws<ModelLoadException>(() => backend.Load(folder.Source with { MaxTensorBytes = 16 << 20 }));
        Assert.Contains("not enough memory", error.Message, StringComparison.Ordinal);
    }

    private static IrText Model()
    {
        var text = new IrText();
        var input = text.Parameter(ElementType.F32, "?", [-1]);
        var tanh = text.Add("Tanh", 1, "", [-1], input);
        text.Result(text.Add("Add", 1, "", [-1], tanh, text.Floats([1])));
        text.Result(tanh);
        return text;
    }
}
