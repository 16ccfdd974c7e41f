using Ovms.Runtime.Embedded.Operations.Elementwise;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Memory;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.ControlFlow;

/// <summary>What one request keeps of a loop between iterations and runs.</summary>
internal sealed class LoopFrame : IDisposable
{
    private readonly LoopOperation _loop;
    private readonly OperationContext _context;
    private readonly GraphRunner _runner;
    private readonly Shape[] _shapes;
    private readonly ElementType[] _types;

    // By parameter: slices, the counter, and two sets for carried values: a result may be the bytes of the current one.
    private readonly TensorBuffer[] _current;
    private readonly TensorBuffer[] _next;

    // By output: joined parts while the number of iterations is not known.
    private readonly TensorBuffer[] _parts;
#pragma warning disable CA2213 // Owned by the runner.
    private PlanInstance? _last;
#pragma warning restore CA2213
    private long _iterations;
    private bool _isCancelled;

    public LoopFrame(LoopOperation loop, OperationContext context)
    {
        (_loop, _context) = (loop, context);
        _runner = new GraphRunner(loop.Body.Plans(context.Workers), context.Workers, context.Control);
        _shapes = new Shape[loop.Map.Parameters.Length];
        _types = new ElementType[_shapes.Length];
        _current = Buffers(_shapes.Length, loop.Body.Graph.Budget);
        _next = Buffers(_shapes.Length, loop.Body.Graph.Budget);
        _parts = Buffers(loop.Map.Outputs.Length, loop.Body.Graph.Budget);
    }

    /// <summary>True when the loop has run already for this inference.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Runs all iterations; with <paramref name="direct"/> parts are written to their place in the outputs at once.</summary>
    public void Run(bool direct)
    {
        (IsPending, _isCancelled, _last, _iterations) = (true, false, null, 0);
        var limit = _loop.Iterations(_context);
        var go = limit > 0;
        while (go)
        {
            if (_iterations == limit)
            {
                break;
            }

            Feed();
            var instance = _runner.Select(_shapes, _types);
            for (var i = 0; i < _shapes.Length; i++)
            {
                var parameter = _loop.Map.Parameters[i];
                var isOuter = parameter.External >= 0 && parameter.Slice is null && (_iterations == 0 || parameter.BackResult < 0);
                var outer = isOuter ? _context.Input(parameter.External) : null;
                instance.SetInput(i, outer is null ? _current[i].Memory : outer.Memory, outer?.Offset ?? 0);
            }

            _last = instance;
            if (instance.Run() != InferenceError.None)
            {
                _isCancelled = true;
                return;
            }

            CollectParts(instance, direct);
            _iterations++;
            go = _loop.Map.ConditionResult < 0 || Condition(instance.Result(_loop.Map.ConditionResult));
            if (go && _iterations < limit)
            {
                Carry(instance);
            }
        }
    }

    /// <summary>Declares the outputs of a loop that has run.</summary>
    public void Declare()
    {
        for (var i = 0; i < _loop.Map.Outputs.Length; i++)
        {
            if (_isCancelled)
            {
                _context.SetOutput(i, ElementType.U8, new Shape(0));
                continue;
            }

            var (type, shape) = LastOf(i);
            if (_loop.Map.Outputs[i].Concat is { } concat)
            {
                shape[LoopMap.Axis(_loop.Node, concat, shape.Rank)] = checked(concat.PartSize * _iterations);
            }

            _context.SetOutput(i, type, shape);
        }
    }

    /// <summary>Writes what is not yet in the outputs.</summary>
    public void Finish()
    {
        IsPending = false;
        if (_isCancelled)
        {
            return;
        }

        for (var i = 0; i < _loop.Map.Outputs.Length; i++)
        {
            var output = _loop.Map.Outputs[i];
            var target = _context.Output(i);
            if (output.Concat is null)
            {
                var source = _last is not null ? _last.Result(output.Result) : InitialOf(i);
                Copy(source, target.Type, target.Shape, target.Bytes);
            }
            else if (_parts[i].Length > 0)
            {
                var size = _parts[i].Length / (int)_iterations;
                for (var iteration = 0; iteration < _iterations; iteration++)
                {
                    Place(output.Concat, _parts[i].Bytes.Slice(iteration * size, size), target, iteration);
                }

                _parts[i].Length = 0;
            }
            else if (target.Count > 0 && CountOf(output.Concat, target) != _iterations)
            {
                throw _loop.Node.Error($"output {i} is declared {target.Shape}, but {_iterations} iterations ran");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _runner.Dispose();
        foreach (var buffers in new[] { _current, _next, _parts })
        {
            foreach (var buffer in buffers)
            {
                buffer.Dispose();
            }
        }
    }

    private static TensorBuffer[] Buffers(int count, MemoryBudget budget)
    {
        var buffers = new TensorBuffer[count];
        for (var i = 0; i < count; i++)
        {
            buffers[i] = new TensorBuffer(budget);
        }

        return buffers;
    }

    /// <summary>Types, shapes and (slices, counter) contents of the body's inputs.</summary>
    private void Feed()
    {
        for (var i = 0; i < _shapes.Length; i++)
        {
            var parameter = _loop.Map.Parameters[i];
            if (_iterations == 0)
            {
                (_types[i], _shapes[i]) = _loop.First(_context, i);
            }

            if (parameter.External < 0)
            {
                _current[i].Resize(_types[i].ByteSize());
                WriteCounter(_current[i].Bytes, _types[i]);
            }
            else if (parameter.Slice is { } slice)
            {
                CutPart(slice, _context.Input(parameter.External), _current[i], _shapes[i]);
            }
        }
    }

    private void WriteCounter(Span<byte> bytes, ElementType type)
    {
        if (type == ElementType.I64)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes, _iterations);
        }
        else
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)_iterations);
        }
    }

    private void CutPart(PortMapEntry slice, TensorValue source, TensorBuffer target, in Shape shape)
    {
        var axis = LoopMap.Axis(_loop.Node, slice, shape.Rank);
        var (count, start) = LoopMap.Parts(_loop.Node, slice, source.Shape);
        if (_iterations >= count)
        {
            throw _loop.Node.Error($"a sliced input has {count} parts, but the loop goes on");
        }

        var first = slice.Stride > 0 ? start + (_iterations * slice.PartSize) : start + 1 - ((_iterations + 1) * slice.PartSize);
        var inner = (int)(source.Shape.Product(axis + 1, shape.Rank) * source.Type.ByteSize());
        var outer = (int)source.Shape.Product(0, axis);
        var (row, part) = ((int)source.Shape[axis] * inner, (int)slice.PartSize * inner);
        target.Resize(outer * part);
        for (var i = 0; i < outer; i++)
        {
            source.Bytes.Slice((i * row) + (int)(first * inner), part).CopyTo(target.Bytes[(i * part)..]);
        }
    }

    private void CollectParts(PlanInstance instance, bool direct)
    {
        for (var i = 0; i < _loop.Map.Outputs.Length; i++)
        {
            if (_loop.Map.Outputs[i] is not { Concat: { } concat } output)
            {
                continue;
            }

            var value = instance.Result(output.Result);
            var type = Body.Outside(value.Type);
            if (value.Shape[LoopMap.Axis(_loop.Node, concat, value.Shape.Rank)] != concat.PartSize)
            {
                throw _loop.Node.Error($"output {i} joins parts of {concat.PartSize}, the body gives {value.Shape}");
            }

            var size = checked((int)type.BytesFor(value.Count));
            if (direct && type == value.Type)
            {
                Place(concat, value.Bytes, _context.Output(i), _iterations);
                continue;
            }

            if (_iterations > 0 && _parts[i].Length != size * _iterations)
            {
                throw _loop.Node.Error($"output {i} joins parts of different shapes");
            }

            var begin = _iterations == 0 ? 0 : _parts[i].Length;
            _parts[i].Resize(checked(begin + size));
            ElementConversion.Convert(value.Type, value.Bytes, type, _parts[i].Bytes[begin..], value.Count);
        }
    }

    /// <summary>Copies one iteration's part between the others.</summary>
    private void Place(PortMapEntry concat, ReadOnlySpan<byte> part, TensorValue target, long iteration)
    {
        var axis = LoopMap.Axis(_loop.Node, concat, target.Shape.Rank);
        var count = CountOf(concat, target);
        if (iteration >= count)
        {
            throw _loop.Node.Error($"an output is declared {target.Shape}, but more iterations run");
        }

        var outer = (int)target.Shape.Product(0, axis);
        var position = (int)(concat.Stride > 0 ? iteration : count - 1 - iteration);
        if (outer == 0)
        {
            return;
        }

        var size = part.Length / outer;
        for (var i = 0; i < outer; i++)
        {
            part.Slice(i * size, size).CopyTo(target.Bytes[(((i * (int)count) + position) * size)..]);
        }
    }

    private long CountOf(PortMapEntry concat, TensorValue target) => target.Shape[LoopMap.Axis(_loop.Node, concat, target.Shape.Rank)] / concat.PartSize;

    private void Carry(PlanInstance instance)
    {
        for (var i = 0; i < _shapes.Length; i++)
        {
            if (_loop.Map.Parameters[i].BackResult < 0)
            {
                continue;
            }

            var value = instance.Result(_loop.Map.Parameters[i].BackResult);
            var type = Body.Outside(value.Type);
            if (type != _types[i])
            {
                throw _loop.Node.Error($"a carried value changes its type from {_types[i].IrName()} to {type.IrName()}");
            }

            _shapes[i] = value.Shape;
            _next[i].Resize(checked((int)type.BytesFor(value.Count)));
            ElementConversion.Convert(value.Type, value.Bytes, type, _next[i].Bytes, value.Count);
        }

        for (var i = 0; i < _shapes.Length; i++)
        {
            if (_loop.Map.Parameters[i].BackResult >= 0)
            {
                (_current[i], _next[i]) = (_next[i], _current[i]);
            }
        }
    }

    private bool Condition(TensorValue value) => value.Type == ElementType.Boolean && value.Count == 1
        ? value.Bytes[0] != 0
        : throw _loop.Node.Error("the body's condition is not one boolean");

    private TensorValue InitialOf(int output) => _loop.Map.Outputs[output].Initial is >= 0 and var input
        ? _context.Input(input)
        : throw _loop.Node.Error($"output {output} has no value after no iteration");

    private (ElementType Type, Shape Shape) LastOf(int output)
    {
        if (_last is not null)
        {
            var value = _last.Result(_loop.Map.Outputs[output].Result);
            return (Body.Outside(value.Type), value.Shape);
        }

        if (_loop.Map.Outputs[output].Concat is null)
        {
            return (InitialOf(output).Type, InitialOf(output).Shape);
        }

        // Nothing ran: what the body would give for its first inputs.
        for (var i = 0; i < _shapes.Length; i++)
        {
            (_types[i], _shapes[i]) = _loop.First(_context, i);
        }

        var (type, shape, _) = _loop.Body.InferResults(_context, _shapes, _types)[_loop.Map.Outputs[output].Result];
        return type == ElementType.Dynamic ? throw _loop.Node.Error($"the shape of output {output} is not known after no iteration") : (type, shape);
    }

    private void Copy(TensorValue source, ElementType type, in Shape shape, Span<byte> target)
    {
        if (source.Shape != shape || Body.Outside(source.Type) != type)
        {
            throw _loop.Node.Error($"an output is {source.Shape}, not {shape} as inferred");
        }

        ElementConversion.Convert(source.Type, source.Bytes, type, target, source.Count);
    }
}
