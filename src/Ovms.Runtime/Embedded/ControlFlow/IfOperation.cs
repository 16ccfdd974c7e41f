using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.ControlFlow;

/// <summary>If-8: runs one of two bodies (IR sheet §10.4).</summary>
internal sealed class IfOperation : Operation, IDisposable
{
    private readonly Body[] _bodies;

    // By body: the If's input for every parameter, the body's result for every output.
    private readonly int[][] _inputs;
    private readonly int[][] _results;

    public IfOperation(GraphNode node, OperationRegistry registry, MemoryBudget budget)
        : base(node)
    {
        if (node.Bodies.Length != 2 || node.Inputs.Length == 0)
        {
            throw node.Error("it has a condition and two bodies");
        }

        _inputs = [MapInputs(node.Bodies[0]), MapInputs(node.Bodies[1])];
        _results = [MapResults(node.Bodies[0]), MapResults(node.Bodies[1])];
        var first = new Body(node.Bodies[0], registry, budget);
        try
        {
            _bodies = [first, new Body(node.Bodies[1], registry, budget)];
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var condition = context.Input(0);
        if (condition.Type != ElementType.Boolean || condition.Count != 1)
        {
            throw Node.Error($"the condition is not one boolean but {condition.Type.IrName()} {condition.Shape}");
        }

        if (!condition.HasData)
        {
            return TryDeclare(context, 0, check: 1);
        }

        var branch = condition.Bytes[0] != 0 ? 0 : 1;
        if (TryDeclare(context, branch, check: -1))
        {
            return true;
        }

        for (var i = 0; i < context.InputCount; i++)
        {
            if (!context.Input(i).HasData)
            {
                return false;
            }
        }

        var frame = FrameOf(context);
        frame.Run(branch);
        for (var i = 0; i < context.OutputCount; i++)
        {
            var (type, shape) = frame.Describe(i);
            context.SetOutput(i, type, shape);
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var frame = FrameOf(context);
        if (!frame.IsPending)
        {
            frame.Run(context.Input(0).Bytes[0] != 0 ? 0 : 1);
        }

        frame.CopyOutputs();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var body in _bodies)
        {
            body.Dispose();
        }
    }

    private Frame FrameOf(OperationContext context) => (Frame)(context.RunState ??= new Frame(this, context));

    private bool TryDeclare(OperationContext context, int branch, int check)
    {
        var results = Infer(context, branch);
        var others = check < 0 ? results : Infer(context, check);
        for (var i = 0; i < results.Length; i++)
        {
            if (results[i].Type == ElementType.Dynamic || results[i] != others[i])
            {
                return false;
            }
        }

        for (var i = 0; i < results.Length; i++)
        {
            context.SetOutput(i, results[i].Type, results[i].Shape);
        }

        return true;
    }

    private (ElementType Type, Shape Shape)[] Infer(OperationContext context, int branch)
    {
        var shapes = Array.ConvertAll(_inputs[branch], input => context.Input(input).Shape);
        var types = Array.ConvertAll(_inputs[branch], input => context.Input(input).Type);
        var all = _bodies[branch].InferResults(context, shapes, types);
        return Array.ConvertAll(_results[branch], result => (all[result].Type, all[result].Shape));
    }

    private int[] MapInputs(SubGraph part)
    {
        var inputs = new int[part.Graph.Parameters.Count];
        Array.Fill(inputs, -1);
        foreach (var entry in part.Inputs)
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                if (part.Graph.Parameters[i].LayerId == entry.InternalLayer)
                {
                    inputs[i] = entry.External;
                }
            }
        }

        return Array.TrueForAll(inputs, input => input >= 0 && input < Node.Inputs.Length) ? inputs : throw Node.Error("a parameter of a body is not connected");
    }

    private int[] MapResults(SubGraph part)
    {
        var results = new int[Node.Outputs.Length];
        Array.Fill(results, -1);
        foreach (var entry in part.Outputs)
        {
            for (var i = 0; i < part.Graph.Results.Count && entry.External >= 0; i++)
            {
                if (part.Graph.Results[i].LayerId == entry.InternalLayer)
                {
                    results[entry.External] = i;
                }
            }
        }

        return Array.IndexOf(results, -1) < 0 ? results : throw Node.Error("a body does not give all outputs");
    }

    /// <summary>What one request keeps between runs.</summary>
    private sealed class Frame : IDisposable
    {
        private readonly IfOperation _owner;
        private readonly OperationContext _context;
        private readonly GraphRunner[] _runners;
        private readonly Shape[][] _shapes;
        private readonly ElementType[][] _types;
#pragma warning disable CA2213 // Owned by its runner.
        private PlanInstance? _instance;
#pragma warning restore CA2213
        private int _branch;
        private bool _isPending;
        private bool _isCancelled;

        public Frame(IfOperation owner, OperationContext context)
        {
            (_owner, _context) = (owner, context);
            _runners = Array.ConvertAll(owner._bodies, body => new GraphRunner(body.Plans(context.Workers), context.Workers, context.Control));
            _shapes = Array.ConvertAll(owner._inputs, static inputs => new Shape[inputs.Length]);
            _types = Array.ConvertAll(owner._inputs, static inputs => new ElementType[inputs.Length]);
        }

        public void Run(int branch)
        {
            _branch = branch;
            var inputs = _owner._inputs[branch];
            for (var i = 0; i < inputs.Length; i++)
            {
                (_shapes[branch][i], _types[branch][i]) = (_context.Input(inputs[i]).Shape, _context.Input(inputs[i]).Type);
            }

            _instance = _runners[branch].Select(_shapes[branch], _types[branch]);
            for (var i = 0; i < inputs.Length; i++)
            {
                _instance.SetInput(i, _context.Input(inputs[i]).Memory, _context.Input(inputs[i]).Offset);
            }

            _isCancelled = _instance.Run() != Errors.InferenceError.None;
            _isPending = true;
        }

        /// <summary>True when Infer has run the body already for this inference.</summary>
        public bool IsPending => _isPending;

        public (ElementType Type, Shape Shape) Describe(int output)
        {
            if (_isCancelled)
            {
                return (ElementType.U8, new Shape(0));
            }

            var value = _instance!.Result(_owner._results[_branch][output]);
            return (Body.Outside(value.Type), value.Shape);
        }

        public void CopyOutputs()
        {
            _isPending = false;
            if (_isCancelled)
            {
                return;
            }

            for (var i = 0; i < _context.OutputCount; i++)
            {
                var (source, target) = (_instance!.Result(_owner._results[_branch][i]), _context.Output(i));
                if (source.Shape != target.Shape || Body.Outside(source.Type) != target.Type)
                {
                    throw _owner.Node.Error($"output {i} is {source.Shape}, not {target.Shape} as inferred");
                }

                ElementConversion.Convert(source.Type, source.Bytes, target.Type, target.Bytes, source.Count);
            }
        }

        public void Dispose()
        {
            foreach (var runner in _runners)
            {
                runner.Dispose();
            }
        }
    }
}
