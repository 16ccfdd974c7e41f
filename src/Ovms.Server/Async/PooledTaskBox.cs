using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.ObjectPool;

namespace Ovms.Server.Async;

/// <summary>The state of an async method that has to wait, and the source of the task its caller awaits. Returns to its pool when the result is
/// taken.</summary>
internal abstract class PooledTaskBox<TResult> : IValueTaskSource<TResult>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<TResult> _source;

    protected PooledTaskBox()
    {
        MoveNext = Step;
    }

    /// <summary>Continues the method.</summary>
    public Action MoveNext { get; }

    /// <summary>Token of the current use.</summary>
    public short Version => _source.Version;

    /// <summary>The method returned.</summary>
    public void SetResult(TResult result) => _source.SetResult(result);

    /// <summary>The method threw.</summary>
    public void SetException(Exception exception) => _source.SetException(exception);

    /// <inheritdoc/>
    public TResult GetResult(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            _source.Reset();
            Return();
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Runs the method to its next wait.</summary>
    protected abstract void Step();

    /// <summary>Gives the box back.</summary>
    protected abstract void Return();
}

/// <summary>A box for one async method.</summary>
internal sealed class PooledTaskBox<TResult, TStateMachine> : PooledTaskBox<TResult>
    where TStateMachine : IAsyncStateMachine
{
    // As many as calls may wait at once on a busy server; a box is a few hundred bytes.
    private const int MaxRetained = 4096;

    private static readonly DefaultObjectPool<PooledTaskBox<TResult, TStateMachine>> s_pool = new(new Policy(), MaxRetained);

    private TStateMachine? _stateMachine;

    /// <summary>The method's state.</summary>
    public TStateMachine StateMachine
    {
        set => _stateMachine = value;
    }

    /// <summary>Gives a box without state.</summary>
    public static PooledTaskBox<TResult, TStateMachine> Rent() => s_pool.Get();

    /// <inheritdoc/>
    protected override void Step() => _stateMachine!.MoveNext(); // set before the method first waits

    /// <inheritdoc/>
    protected override void Return()
    {
        _stateMachine = default;
        s_pool.Return(this);
    }

    private sealed class Policy : PooledObjectPolicy<PooledTaskBox<TResult, TStateMachine>>
    {
        public override PooledTaskBox<TResult, TStateMachine> Create() => new();

        public override bool Return(PooledTaskBox<TResult, TStateMachine> box) => true;
    }
}
