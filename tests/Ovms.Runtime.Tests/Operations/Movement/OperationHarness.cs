using System.Runtime.InteropServices;
using Ovms.Runtime.Embedded;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Tests.Operations.Movement;

/// <summary>Runs one operation by itself: every input has its data from the start.</summary>
internal sealed class OperationHarness : IDisposable
{
    private readonly List<TensorMemory> _memory = [];
    private readonly Operation _operation;
    private readonly OperationContext _context;
    private readonly TensorValue[] _outputs;

    public OperationHarness(string type, int opset, string attributes, int outputs, params TestTensor[] inputs)
    {
        var pairs = attributes.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .ToDictionary(static item => item.Split('=')[0], static item => item.Split('=')[1]);
        var node = new GraphNode(7, "tested", type, opset, pairs) { Inputs = new GraphPort[inputs.Length] };
        _operation = OperationRegistry.Default.Create(node);
        _outputs = Enumerable.Range(0, outputs).Select(static _ => new TensorValue()).ToArray();
        _context = new OperationContext(inputs.Select(CreateInput).ToArray(), _outputs);
    }

    /// <summary>Infers, prepares and runs; gives the outputs.</summary>
    public static TestTensor[] Run(string type, int opset, string attributes, int outputs, params TestTensor[] inputs)
    {
        using var harness = new OperationHarness(type, opset, attributes, outputs, inputs);
        harness.Prepare();
        harness.Run();
        return harness.Outputs();
    }

    /// <summary>One output only.</summary>
    public static TestTensor Run(string type, int opset, string attributes, params TestTensor[] inputs) => Run(type, opset, attributes, 1, inputs)[0];

    public void Prepare()
    {
        Assert.True(_operation.Infer(_context));
        _operation.Prepare(_context);
        foreach (var output in _outputs)
        {
            Attach(output);
        }

        _context.ScratchValue.Describe(ElementType.U8, new Shape(_context.ScratchBytes));
        Attach(_context.ScratchValue);
    }

    public void Run()
    {
        if (_operation.AliasedInput is >= 0 and var aliased)
        {
            _context.Input(aliased).Bytes.CopyTo(_outputs[0].Bytes);
        }
        else
        {
            _operation.Run(_context);
        }
    }

    public TestTensor[] Outputs() => _outputs.Select(static o => new TestTensor(o.Type, o.Shape, o.Bytes.ToArray())).ToArray();

    public void Dispose() => _memory.ForEach(static memory => memory.Dispose());

    private TensorValue CreateInput(TestTensor tensor)
    {
        var value = new TensorValue();
        value.Describe(tensor.Type, tensor.Shape);
        Attach(value);
        tensor.Bytes.CopyTo(value.Bytes);
        return value;
    }

    private void Attach(TensorValue value)
    {
        var memory = TensorMemory.Allocate(value.LengthBytes);
        memory.Span.Fill(0xcd);
        _memory.Add(memory);
        value.Attach(memory, 0);
    }
}

/// <summary>A tensor of a test.</summary>
internal sealed record TestTensor(ElementType Type, Shape Shape, byte[] Bytes)
{
    public static TestTensor Floats(long[] shape, params float[] values) => new(ElementType.F32, new Shape(shape), MemoryMarshal.AsBytes<float>(values).ToArray());

    public static TestTensor Ints(long[] shape, params int[] values) => new(ElementType.I32, new Shape(shape), MemoryMarshal.AsBytes<int>(values).ToArray());

    public static TestTensor Longs(params long[] values) => new(ElementType.I64, new Shape(values.Length), MemoryMarshal.AsBytes<long>(values).ToArray());

    public static TestTensor Scalar(long value) => new(ElementType.I64, Shape.Scalar, BitConverter.GetBytes(value));

    /// <summary>Elements 0, 1, 2 … of a type of 1, 2, 4 or 8 bytes.</summary>
    public static TestTensor Counting(ElementType type, params long[] shape)
    {
        var result = new TestTensor(type, new Shape(shape), new byte[type.BytesFor(new Shape(shape).ElementCount)]);
        for (var i = 0; i < result.Shape.ElementCount; i++)
        {
            BitConverter.GetBytes((long)i).AsSpan(0, type.ByteSize()).CopyTo(result.Bytes.AsSpan(i * type.ByteSize()));
        }

        return result;
    }

    public T[] As<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Bytes).ToArray();

    /// <summary>Elements as raw integers, for types of 1, 2, 4 or 8 bytes.</summary>
    public long[] Raw() => Enumerable.Range(0, (int)Shape.ElementCount).Select(i =>
    {
        var value = new byte[8];
        Bytes.AsSpan(i * Type.ByteSize(), Type.ByteSize()).CopyTo(value);
        return BitConverter.ToInt64(value);
    }).ToArray();
}
