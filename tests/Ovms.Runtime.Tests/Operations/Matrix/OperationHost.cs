using System.Runtime.InteropServices;
using Ovms.Runtime.Embedded;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Operations.Matrix;

/// <summary>Runs one operation without a plan: constants have data while it prepares, other inputs only while it runs.</summary>
internal sealed class OperationHost : IDisposable
{
    private readonly List<TensorMemory> _blocks = [];
    private readonly List<(ElementType Type, Shape Shape, byte[] Bytes, bool Constant)> _inputs = [];
    private readonly Dictionary<string, string> _attributes = [];
    private TensorValue[] _values = [];
    private int _outputs = 1;
    private GraphOutput[] _declared = [];

    public OperationContext Context { get; private set; } = null!;

    public Operation Operation { get; private set; } = null!;

    public WorkerPool Workers { get; set; } = WorkerPool.Inline;

    public OperationHost Attribute(string name, string value)
    {
        _attributes[name] = value;
        return this;
    }

    public OperationHost Input<T>(ElementType type, ReadOnlySpan<T> values, bool constant, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        _inputs.Add((type, new Shape(shape), MemoryMarshal.AsBytes(values).ToArray(), constant));
        return this;
    }

    public OperationHost Outputs(int count)
    {
        _outputs = count;
        return this;
    }

    public OperationHost Declare(ElementType type, params long[] shape)
    {
        _declared = [new GraphOutput(type, new PartialShape([.. shape.Select(Dimension.Fixed)]), [])];
        return this;
    }

    public OperationHost Create(string type, int opset, Func<GraphNode, Operation> create)
    {
        var node = new GraphNode(1, "tested", type, opset, _attributes)
        {
            Inputs = [.. _inputs.Select(static input => new GraphPort(Producer(input.Type, input.Shape, input.Bytes, input.Constant), 0))],
            Outputs = _declared,
        };
        Operation = create(node);
        _values = [.. _inputs.Select(static input =>
        {
            var value = new TensorValue();
            value.Describe(input.Type, input.Shape);
            return value;
        })];
        Context = new OperationContext(_values, [.. Enumerable.Range(0, _outputs).Select(static _ => new TensorValue())]) { Workers = Workers };
        for (var i = 0; i < _inputs.Count; i++)
        {
            if (_inputs[i].Constant)
            {
                Fill(i);
            }
        }

        return this;
    }

    public OperationHost Prepare()
    {
        Assert.True(Operation.Infer(Context));
        Operation.Prepare(Context);
        for (var i = 0; i < _inputs.Count; i++)
        {
            Fill(i);
        }

        for (var i = 0; i < _outputs; i++)
        {
            Context.Output(i).Attach(Allocate(Context.Output(i).LengthBytes, 0xAA), 0);
        }

        Context.ScratchValue.Describe(ElementType.U8, new Shape(Context.ScratchBytes));
        Context.ScratchValue.Attach(Allocate(Context.ScratchBytes, 0xFF), 0);
        return this;
    }

    public OperationHost Run()
    {
        Operation.Run(Context);
        return this;
    }

    public T[] Output<T>(int index = 0)
        where T : unmanaged => Context.Output(index).As<T>().ToArray();

    public void Dispose()
    {
        foreach (var block in _blocks)
        {
            block.Dispose();
        }
    }

    private static GraphNode Producer(ElementType type, Shape shape, byte[] bytes, bool constant) =>
        new(0, "producer", constant ? "Const" : "Parameter", 1, [])
        {
            Constant = constant ? new ConstantData(type, shape, bytes) : null,
        };

    private void Fill(int index)
    {
        var block = Allocate(_values[index].LengthBytes, 0);
        _inputs[index].Bytes.CopyTo(block.Span);
        _values[index].Attach(block, 0);
    }

    // Filled, so that what an operation fails to write shows (0xFF bytes are NaN).
    private TensorMemory Allocate(int bytes, byte fill)
    {
        var block = TensorMemory.Allocate(bytes);
        block.Span.Fill(fill);
        _blocks.Add(block);
        return block;
    }
}
