using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.ObjectPool;

namespace Ovms.Server.Grpc;

/// <summary>Builds <c>async ValueTask</c> methods whose state lives in pooled boxes, so that a method that has to wait allocates nothing.</summary>
/// <remarks>The framework's pooling builder keeps one box per thread and core: with a hundred calls waiting on one connection nearly every
/// box would be new. The execution context does not flow: nothing on these paths uses async-locals. Await the result exactly once.</remarks>
internal struct PooledTaskBuilder
{
    private Box? _box;
    private Exception? _exception;

    /// <summary>What the caller awaits.</summary>
    public readonly ValueTask Task =>
        _box is not null ? new ValueTask(_box, _box.Version)
        : _exception is not null ? ValueTask.FromException(_exception)
        : default;

    public static PooledTaskBuilder Create() => default;

    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public readonly void SetResult() => _box?.SetResult();

    public void SetException(Exception exception)
    {
        if (_box is null)
        {
            _exception = exception;
        }
        else
        {
            _box.SetException(exception);
        }
    }

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(Prepare(ref stateMachine));

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(Prepare(ref stateMachine));

    // This builder is a field of the state machine: it must know its box before the machine is copied there.
    private Action Prepare<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_box is null)
        {
            var box = Box<TStateMachine>.Rent();
            _box = box;
            box.StateMachine = stateMachine;
        }

        return _box.MoveNext;
    }

    private abstract class Box : IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> _source;

        protected Box()
        {
            MoveNext = Step;
        }

        public Action MoveNext { get; }

        public short Version => _source.Version;

        public void SetResult() => _source.SetResult(true);

        public void SetException(Exception exception) => _source.SetException(exception);

        public void GetResult(short token)
        {
            try
            {
                _source.GetResult(token);
            }
            finally
            {
                _source.Reset();
                Return();
            }
        }

        public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags);

        protected abstract void Step();

        protected abstract void Return();
    }

    private sealed class Box<TStateMachine> : Box
        where TStateMachine : IAsyncStateMachine
    {
        // As many as calls may wait at once on a busy connection; a box is a few hundred bytes.
        private const int MaxRetained = 4096;

        private static readonly DefaultObjectPool<Box<TStateMachine>> s_pool = new(new Policy(), MaxRetained);

        private TStateMachine? _stateMachine;

        public TStateMachine StateMachine
        {
            set => _stateMachine = value;
        }

        public static Box<TStateMachine> Rent() => s_pool.Get();

        protected override void Step() => _stateMachine!.MoveNext();

        protected override void Return()
        {
            _stateMachine = default;
            s_pool.Return(this);
        }

        private sealed class Policy : PooledObjectPolicy<Box<TStateMachine>>
        {
            public override Box<TStateMachine> Create() => new();

            public override bool Return(Box<TStateMachine> box) => true;
        }
    }
}
