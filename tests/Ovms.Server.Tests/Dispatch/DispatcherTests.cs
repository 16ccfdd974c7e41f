using System.Runtime.InteropServices;
using Ovms.Runtime.Errors;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Tests.Dispatch;

public sealed class DispatcherTests
{
    private readonly ModelRegistry _registry = new();
    private readonly Dispatcher _dispatcher;

    public DispatcherTests() => _dispatcher = new Dispatcher(_registry);

    [Fact]
    public async Task PredictAsync_AFreeRequest_AnswersSynchronously()
    {
        var model = Serve("dummy", 1);
        var call = new PredictCall();

        Assert.False((await _dispatcher.ResolveAsync(call, "dummy"u8, 0)).IsFault);
        var pending = _dispatcher.PredictAsync(call, FakeInputs.Dummy(5));

        Assert.True(pending.IsCompletedSuccessfully);
        Assert.False((await pending).IsFault);
        Assert.Equal(6, MemoryMarshal.Cast<byte, float>(call.Request!.GetOutput(0).Bytes)[0]);
        call.Release();
        call.Release();
        Assert.Equal(1, model.LiveRequests);
    }

    [Fact]
    public void PredictAsync_InSteadyState_AllocatesNothing()
    {
        Serve("dummy", 1);
        var call = new PredictCall();
        var inputs = FakeInputs.Dummy();
        for (var i = 0; i < 100; i++)
        {
            Run();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            Run();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run()
        {
            var resolved = _dispatcher.ResolveAsync(call, "dummy"u8, 1);
            Assert.True(resolved.IsCompletedSuccessfully && !resolved.Result.IsFault);
            var answer = _dispatcher.PredictAsync(call, inputs);
            Assert.True(answer.IsCompletedSuccessfully && !answer.Result.IsFault);
            call.Release();
        }
    }

    [Theory]
    [InlineData("nope", 0, ServingStatus.ModelNameMissing)]
    [InlineData("", 0, ServingStatus.ModelNameMissing)]
    [InlineData("dummy", 2, ServingStatus.ModelVersionMissing)]
    [InlineData("dummy", -1, ServingStatus.ModelVersionMissing)]
    [InlineData("dummy", 3, ServingStatus.ModelVersionNotLoadedYet)]
    [InlineData("dummy", 4, ServingStatus.ModelVersionNotLoadedAnymore)]
    [InlineData("empty", 0, ServingStatus.ModelVersionMissing)]
    public async Task ResolveAsync_WhatCannotServe_IsRefused(string name, long version, object status)
    {
        Serve("dummy", 1);
        _registry.AddModel("empty");
        _registry.SetState("dummy", 3, ModelVersionState.Loading, ModelVersionStatus.LoadFailed);
        _registry.SetState("dummy", 4, ModelVersionState.End);
        var call = new PredictCall();

        var fault = await _dispatcher.ResolveAsync(call, System.Text.Encoding.UTF8.GetBytes(name), version);

        Assert.Equal((ServingStatus)status, fault.Status);
        Assert.Null(call.Servable);
        call.Release();
    }

    [Fact]
    public async Task ResolveAsync_WithoutVersion_TakesTheHighestAvailable()
    {
        Serve("dummy", 2);
        Serve("dummy", 10);
        Serve("dummy", 9);
        _registry.SetState("dummy", 11, ModelVersionState.Loading);
        var call = new PredictCall();

        Assert.False((await _dispatcher.ResolveAsync(call, "dummy"u8, 0)).IsFault);

        Assert.Equal(10, call.Servable!.Version);
        call.Release();
    }

    [Fact]
    public async Task ResolveAsync_AVersionBeingLoaded_WaitsForIt()
    {
        _registry.SetState("dummy", 1, ModelVersionState.Loading);
        var call = new PredictCall();

        var pending = _dispatcher.ResolveAsync(call, "dummy"u8, 1).AsTask();
        Assert.False(pending.IsCompleted);
        _registry.SetState("other", 1, ModelVersionState.Loading);
        Serve("dummy", 1);

        Assert.False((await pending).IsFault);
        Assert.Equal(1, call.Servable!.Version);
        call.Release();
    }

    [Fact]
    public async Task ResolveAsync_CancelledWhileLoading_EndsWithTheReason()
    {
        _registry.SetState("dummy", 1, ModelVersionState.Loading);
        var call = new PredictCall();

        var pending = _dispatcher.ResolveAsync(call, "dummy"u8, 1).AsTask();
        call.Cancel(InferenceError.DeadlineExceeded);

        Assert.Equal(ServingStatus.DeadlineExceeded, (await pending).Status);
        call.Release();
        Assert.Equal(ServingStatus.ModelVersionNotLoadedYet, _dispatcher.Resolve(call, "dummy"u8, 1).Status);
        call.Release();
    }

    [Fact]
    public async Task PredictAsync_NoFreeRequest_WaitsInOrder()
    {
        var model = Serve("dummy", 1);
        model.IsDeferred = true;
        var calls = new PredictCall[3];
        var pending = new Task<ServingFault>[3];
        for (var i = 0; i < 3; i++)
        {
            calls[i] = new PredictCall();
            await _dispatcher.ResolveAsync(calls[i], "dummy"u8, 0);
            pending[i] = _dispatcher.PredictAsync(calls[i], FakeInputs.Dummy(i * 100)).AsTask();
        }

        for (var i = 0; i < 3; i++)
        {
            var request = await model.NextDeferred();
            Assert.Empty(model.Deferred);
            request.Complete();
            Assert.False((await pending[i]).IsFault);
            Assert.Equal((i * 100) + 1, MemoryMarshal.Cast<byte, float>(calls[i].Request!.GetOutput(0).Bytes)[0]);
            calls[i].Release();
        }

        Assert.Equal(1, model.LiveRequests);
    }

    [Fact]
    public async Task PredictAsync_TooManyWaiting_IsRefused()
    {
        var model = new FakeModel { IsDeferred = true };
        _registry.Publish(new ServableVersion("dummy", 1, model, maxWaiting: 1));
        var (first, second, third) = (new PredictCall(), new PredictCall(), new PredictCall());
        foreach (var call in new[] { first, second, third })
        {
            await _dispatcher.ResolveAsync(call, "dummy"u8, 0);
        }

        var running = _dispatcher.PredictAsync(first, FakeInputs.Dummy()).AsTask();
        var waiting = _dispatcher.PredictAsync(second, FakeInputs.Dummy()).AsTask();
        var refused = await _dispatcher.PredictAsync(third, FakeInputs.Dummy());

        Assert.Equal(ServingStatus.QueueFull, refused.Status);
        third.Release();
        (await model.NextDeferred()).Complete();
        await running;
        first.Release();
        (await model.NextDeferred()).Complete();
        Assert.False((await waiting).IsFault);
        second.Release();
    }

    [Fact]
    public async Task Cancel_WhileWaiting_EndsTheCallAndFreesItsPlace()
    {
        var model = Serve("dummy", 1);
        model.IsDeferred = true;
        var (first, second) = (new PredictCall(), new PredictCall());
        await _dispatcher.ResolveAsync(first, "dummy"u8, 0);
        await _dispatcher.ResolveAsync(second, "dummy"u8, 0);
        var running = _dispatcher.PredictAsync(first, FakeInputs.Dummy()).AsTask();
        var waiting = _dispatcher.PredictAsync(second, FakeInputs.Dummy()).AsTask();

        second.Cancel(InferenceError.Cancelled);

        Assert.Equal(ServingStatus.RequestCancelled, (await waiting).Status);
        Assert.Equal(0, second.Servable!.Requests.Waiting);
        second.Release();
        (await model.NextDeferred()).Complete();
        Assert.False((await running).IsFault);
        first.Release();
    }

    [Fact]
    public async Task Cancel_WhileRunning_StopsTheInference()
    {
        var model = Serve("dummy", 1);
        model.IsDeferred = true;
        var call = new PredictCall();
        await _dispatcher.ResolveAsync(call, "dummy"u8, 0);
        var pending = _dispatcher.PredictAsync(call, FakeInputs.Dummy()).AsTask();
        var request = await model.NextDeferred();

        call.Cancel(InferenceError.DeadlineExceeded);
        Assert.Equal(1, request.Cancellations);
        request.Complete(InferenceError.Cancelled);

        Assert.Equal(ServingStatus.DeadlineExceeded, (await pending).Status);
        call.Release();
        call.Cancel(InferenceError.Cancelled);
        Assert.Equal(1, request.Cancellations);
    }

    [Fact]
    public async Task Cancel_AfterRelease_DoesNotHitTheNextTenant()
    {
        Serve("dummy", 1);
        var call = new PredictCall();
        call.Cancel(InferenceError.Cancelled);

        await _dispatcher.ResolveAsync(call, "dummy"u8, 0);

        Assert.False((await _dispatcher.PredictAsync(call, FakeInputs.Dummy())).IsFault);
        call.Release();
    }

    [Fact]
    public async Task PredictAsync_AFailingBackend_AnswersAndGoesOn()
    {
        var model = Serve("dummy", 1);
        model.Error = InferenceError.Failed;
        Assert.Equal("Internal inference error", (await PredictOnce()).Message);
        model.Error = InferenceError.None;
        model.Exception = new InvalidOperationException("broken");
        Assert.Equal(ServingStatus.InternalError, (await PredictOnce()).Status);
        model.Exception = null;
        model.CanReuse = false;
        Assert.False((await PredictOnce()).IsFault);
        Assert.Equal(0, model.LiveRequests);
        model.CanReuse = true;

        Assert.False((await PredictOnce()).IsFault);
        Assert.Equal(1, model.LiveRequests);
    }

    [Fact]
    public async Task Retire_WithACallInFlight_FreesTheModelAfterIt()
    {
        var model = Serve("dummy", 1);
        var call = new PredictCall();
        await _dispatcher.ResolveAsync(call, "dummy"u8, 0);

        _registry.Retire("dummy", 1);

        Assert.False(model.IsDisposed);
        Assert.Equal(ModelVersionState.Unloading, Status().State);
        Assert.False((await _dispatcher.PredictAsync(call, FakeInputs.Dummy())).IsFault);
        call.Release();
        Assert.True(model.IsDisposed);
        Assert.Equal(ModelVersionState.End, Status().State);
        Assert.Equal(ServingStatus.ModelVersionNotLoadedAnymore, _dispatcher.Resolve(call, "dummy"u8, 1).Status);
        call.Release();

        ModelVersionStatus Status()
        {
            var statuses = new List<ModelVersionStatus>();
            Assert.False(_dispatcher.GetStatus("dummy"u8, 0, statuses).IsFault);
            return Assert.Single(statuses);
        }
    }

    [Fact]
    public async Task Publish_UnderLoad_NeverServesAFreedVersion()
    {
        var models = new List<FakeModel> { Serve("dummy", 1) };
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            while (!stop.IsCancellationRequested)
            {
                Assert.False((await PredictOnce()).IsFault);
                count++;
            }

            return count;
        })).ToArray();

        for (var i = 0; i < 200; i++)
        {
            models.Add(Serve("dummy", 1));
            await Task.Yield();
        }

        await stop.CancelAsync();
        await Task.WhenAll(clients);

        Assert.All(models[..^1], m => Assert.True(m.IsDisposed));
        Assert.False(models[^1].IsDisposed);
    }

    [Fact]
    public void GetStatus_OfAModel_ListsVersionsAscending()
    {
        _registry.SetState("m", 10, ModelVersionState.Loading, ModelVersionStatus.LoadFailed);
        _registry.SetState("m", 2, ModelVersionState.Start);
        var statuses = new List<ModelVersionStatus>();

        Assert.False(_dispatcher.GetStatus("m"u8, 0, statuses).IsFault);
        Assert.Equal([(2, ModelVersionState.Start, 0), (10, ModelVersionState.Loading, 2)], statuses.Select(s => (s.Version, s.State, s.ErrorCode)));
        statuses.Clear();
        Assert.False(_dispatcher.GetStatus("m"u8, 10, statuses).IsFault);
        Assert.Equal(10, Assert.Single(statuses).Version);
        Assert.Equal(ServingStatus.ModelVersionMissing, _dispatcher.GetStatus("m"u8, 3, statuses).Status);
        Assert.Equal(ServingStatus.ModelNameMissing, _dispatcher.GetStatus("n"u8, 0, statuses).Status);
    }

    private FakeModel Serve(string name, long version)
    {
        var model = new FakeModel();
        _registry.Publish(new ServableVersion(name, version, model, released: () => _registry.ReportDrained(name, version)));
        return model;
    }

    private async Task<ServingFault> PredictOnce()
    {
        var call = new PredictCall();
        Assert.False((await _dispatcher.ResolveAsync(call, "dummy"u8, 0)).IsFault);
        var fault = await _dispatcher.PredictAsync(call, FakeInputs.Dummy());
        call.Release();
        return fault;
    }
}
