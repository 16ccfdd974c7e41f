using Ovms.Runtime.Embedded;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Microbenchmarks.Embedded;

/// <summary>One f32 operation, prepared as a plan would, on one thread.</summary>
internal sealed class OperationHarness : IDisposable
{
    private readonly List<TensorMemory> _blocks = [];
    private readonly Operation _operation;
    private readonly OperationContext _context;

    public OperationHarness(string type, Dictionary<string, string> attributes, (Shape Shape, bool Constant)[] inputs, Func<GraphNode, Operation> create)
    {
        var node = new GraphNode(1, type, type, 1, attributes) { Inputs = Array.ConvertAll(inputs, static input => new GraphPort(Producer(input.Constant), 0)) };
        _operation = create(node);
        var values = Array.ConvertAll(inputs, static input => Describe(input.Shape));
        _context = new OperationContext(values, [new TensorValue()]);
        var random = new Random(1);
        for (var i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Constant)
            {
                Fill(values[i], random);
            }
        }

        if (!_operation.Infer(_context))
        {
            throw new InvalidOperationException("shapes are not known");
        }

        _operation.Prepare(_context);
        foreach (var value in values)
        {
            if (!value.HasData)
            {
                Fill(value, random);
            }
        }

        _context.Output(0).Attach(Allocate(_context.Output(0).LengthBytes), 0);
        _context.ScratchValue.Describe(ElementType.U8, new Shape(_context.ScratchBytes));
        _context.ScratchValue.Attach(Allocate(_context.ScratchBytes), 0);
    }

    public float Run()
    {
        _operation.Run(_context);
        return _context.Output(0).As<float>()[^1];
    }

    public void Dispose()
    {
        foreach (var block in _blocks)
        {
            block.Dispose();
        }
    }

    private static GraphNode Producer(bool constant) => new(0, "producer", constant ? "Const" : "Parameter", 1, [])
    {
        Constant = constant ? new ConstantData(ElementType.F32, Shape.Scalar, ReadOnlyMemory<byte>.Empty) : null,
    };

    private static TensorValue Describe(Shape shape)
    {
        var value = new TensorValue();
        value.Describe(ElementType.F32, shape);
        return value;
    }

    private void Fill(TensorValue value, Random random)
    {
        value.Attach(Allocate(value.LengthBytes), 0);
        foreach (ref var element in value.As<float>())
        {
            element = random.NextSingle() - 0.5f;
        }
    }

    private TensorMemory Allocate(int bytes)
    {
        var block = TensorMemory.Allocate(bytes);
        _blocks.Add(block);
        return block;
    }
}
