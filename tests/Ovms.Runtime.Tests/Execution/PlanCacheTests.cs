using Ovms.Runtime.Embedded;
using Ovms.Runtime.Errors;

namespace Ovms.Runtime.Tests.Execution;

/// <summary>The bounded set of plans.</summary>
public sealed class PlanCacheTests
{
    [Fact]
    public void Acquire_SameShape_GivesTheSamePlan()
    {
        using var graph = new ProbedGraph(ProbedGraph.Chain(1));
        var first = graph.Acquire(3);
        var second = graph.Acquire(3);

        Assert.Same(first, second);
        Assert.Equal(1, graph.Plans.Count);
    }

    [Fact]
    public void Acquire_BeyondCapacity_DropsTheOneUnusedLongest()
    {
        using var graph = new ProbedGraph(ProbedGraph.Chain(1), capacity: 2);
        var one = graph.Acquire(1);
        var two = graph.Acquire(2);
        graph.Plans.Release(one);
        graph.Plans.Release(two);
        graph.Plans.Release(graph.Acquire(1));

        graph.Plans.Release(graph.Acquire(3));

        Assert.Equal(2, graph.Plans.Count);
        Assert.Same(one, graph.Acquire(1));
        Assert.NotSame(two, graph.Acquire(2));
    }

    [Fact]
    public void Acquire_AllInUse_KeepsThemUntilTheyAreReleased()
    {
        using var graph = new ProbedGraph(ProbedGraph.Chain(1), capacity: 2);
        using var runner = graph.Runner();
        var used = graph.Select(runner, 1);
        var plans = Enumerable.Range(2, 5).Select(size => graph.Acquire(size)).ToList();
        Assert.Equal(6, graph.Plans.Count);

        plans.ForEach(graph.Plans.Release);

        Assert.Equal(2, graph.Plans.Count);
        Assert.Equal(InferenceError.None, used.Run());
        Assert.Same(used.Plan, graph.Acquire(1));
    }

    [Fact]
    public void Acquire_ShapeIsBeingCompiled_OthersGoOnAndItIsCompiledOnce()
    {
        using var graph = new ProbedGraph(ProbedGraph.Chain(1));
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        var slow = 0;
        graph.Inferring = context =>
        {
            if (context.Input(0).Shape[0] == 7)
            {
                Interlocked.Increment(ref slow);
                entered.Set();
                leave.Wait(TestContext.Current.CancellationToken);
            }
        };
        Plan?[] plans = new Plan?[2];
        var maker = new Thread(() => plans[0] = graph.Acquire(7));
        maker.Start();
        entered.Wait(TestContext.Current.CancellationToken);
        var waiter = new Thread(() => plans[1] = graph.Acquire(7));
        waiter.Start();

        // Would never return while compiling held the cache.
        var other = graph.Acquire(8);
        leave.Set();
        maker.Join();
        waiter.Join();

        Assert.NotNull(plans[0]);
        Assert.Same(plans[0], plans[1]);
        Assert.NotSame(other, plans[0]);
        Assert.Equal(1, slow);
    }

    [Fact]
    public void Acquire_CompilingFails_LeavesNothingBehind()
    {
        using var graph = new ProbedGraph(ProbedGraph.Chain(1));
        graph.Inferring = static _ => throw new ModelLoadException("refused");

        Assert.Throws<ModelLoadException>(() => graph.Acquire(1));
        Assert.Equal(0, graph.Plans.Count);
        graph.Inferring = null;
        Assert.NotNull(graph.Acquire(1));
    }
}
