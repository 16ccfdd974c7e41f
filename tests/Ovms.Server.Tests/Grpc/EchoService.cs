using System.Buffers;
using System.Collections.Concurrent;
using Ovms.Runtime.Errors;
using Ovms.Server.Grpc;

namespace Ovms.Server.Tests.Grpc;

/// <summary>A service to test the layer below services with.</summary>
internal sealed class EchoService : IGrpcService
{
    private static readonly string[] s_paths = ["/test.Echo/Echo", "/test.Echo/Wait", "/test.Echo/Fail", "/test.Echo/Throw", "/test.Echo/Forget", "/test.Echo/Stream"];

    private readonly ConcurrentBag<Work> _works = [];
    private int _waiting;

    public int Waiting => Volatile.Read(ref _waiting);

    public List<InferenceError> Cancellations { get; } = [];

    /// <summary>Ends all work that waits.</summary>
    public void Release()
    {
        foreach (var work in _works)
        {
            work.Cancel(InferenceError.None);
        }
    }

    public int Match(ReadOnlySpan<byte> path)
    {
        var text = System.Text.Encoding.ASCII.GetString(path);
        var found = Array.IndexOf(s_paths, text);
        return found >= 0 ? found : text.StartsWith("/test.Echo/", StringComparison.Ordinal) ? IGrpcService.UnknownMethod : IGrpcService.OtherService;
    }

    public ValueTask InvokeAsync(int method, GrpcCall call) => method switch
    {
        0 => Echo(call),
        1 => Wait(call),
        2 => Fail(call),
        3 => throw new InvalidOperationException("a defect"),
        4 => ValueTask.CompletedTask,
        _ => Stream(call),
    };

    private static async ValueTask Echo(GrpcCall call)
    {
        await call.ReadMessageAsync();
        if (call.HasMessage)
        {
            await Answer(call, call.Message.ToArray());
            call.ReleaseMessage();
            call.Complete();
        }
    }

    private static async ValueTask Answer(GrpcCall call, byte[] message)
    {
        if (call.BeginMessage(message.Length) is not null)
        {
            await call.WriteAsync(message);
            call.EndMessage();
        }
    }

    private static async ValueTask Fail(GrpcCall call)
    {
        await call.ReadMessageAsync();
        call.Fail(GrpcStatusCode.NotFound, System.Text.Encoding.UTF8.GetString(call.Message.ToArray()));
    }

    // Both directions at once: every message is answered when it comes.
    private static async ValueTask Stream(GrpcCall call)
    {
        while (true)
        {
            await call.ReadMessageAsync();
            if (!call.HasMessage)
            {
                break;
            }

            await Answer(call, call.Message.ToArray());
            await call.FlushAsync();
        }

        if (!call.HasEnded)
        {
            call.Complete();
        }
    }

    private async ValueTask Wait(GrpcCall call)
    {
        await call.ReadMessageAsync();
        var work = new Work();
        _works.Add(work);
        if (!call.TrySetCancelTarget(work))
        {
            return;
        }

        Interlocked.Increment(ref _waiting);
        var reason = await work.Ended.Task;
        call.ClearCancelTarget();
        lock (Cancellations)
        {
            Cancellations.Add(reason);
        }

        call.Fail(reason == InferenceError.DeadlineExceeded ? GrpcStatusCode.DeadlineExceeded : GrpcStatusCode.Cancelled, "ended early");
        Interlocked.Decrement(ref _waiting);
    }

    private sealed class Work : IGrpcCancelTarget
    {
        public TaskCompletionSource<InferenceError> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Cancel(InferenceError reason) => Ended.TrySetResult(reason);
    }
}
