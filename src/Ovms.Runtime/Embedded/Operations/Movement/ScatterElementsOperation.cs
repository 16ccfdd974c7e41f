using System.Numerics;
using System.Runtime.InteropServices;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>ScatterElementsUpdate-3 and -12: single elements go to the cell whose coordinate on the axis is the index.</summary>
internal sealed class ScatterElementsOperation : MovementOperation
{
    private readonly ScatterReduction _reduction;
    private readonly bool _useInitial;

    public ScatterElementsOperation(GraphNode node, bool reduces)
        : base(node)
    {
        RequireInputs(4);
        _reduction = reduces ? ScatterReductions.Read(node, sub: false, mean: true) : ScatterReduction.None;
        _useInitial = !reduces || node.Attributes.GetBool("use_init_val", true);
    }

    /// <inheritdoc/>
    public override bool ComputesHalf => _reduction == ScatterReduction.None;

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, indices, updates) = (context.Input(0), context.Input(1), context.Input(2));
        ElementSize(data.Type);
        if (updates.Type != data.Type || !indices.Type.IsInteger() || updates.Shape != indices.Shape || updates.Shape.Rank != data.Shape.Rank
            || (data.Type == ElementType.Boolean && _reduction == ScatterReduction.Mean)
            || (_reduction != ScatterReduction.None && !NumberDispatch.Supports(data.Type)))
        {
            throw Node.Error($"updates {updates.Shape} of {updates.Type.IrName()} do not go with indices {indices.Shape} and data {data.Shape}");
        }

        if (context.Input(3).HasData)
        {
            CheckedAxis(context);
        }

        context.SetOutput(0, data.Type, data.Shape);
        return true;
    }

    /// <inheritdoc/>
    public override void Prepare(OperationContext context) =>
        context.RequestScratch(_reduction == ScatterReduction.Mean ? checked(context.Input(0).Count * sizeof(int)) : 0);

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        CheckedAxis(context);
        context.Input(0).Bytes.CopyTo(context.Output(0).Bytes);
        if (_reduction != ScatterReduction.None)
        {
            var kernel = new Kernel(this, context);
            NumberDispatch.Run(context.Input(0).Type, ref kernel);
            return;
        }

        switch (ElementSize(context.Input(0).Type))
        {
            case 1:
                Scatter<byte>(context, ScatterReduction.None);
                break;
            case 2:
                Scatter<ushort>(context, ScatterReduction.None);
                break;
            case 4:
                Scatter<uint>(context, ScatterReduction.None);
                break;
            default:
                Scatter<ulong>(context, ScatterReduction.None);
                break;
        }
    }

    private int CheckedAxis(OperationContext context)
    {
        var (data, updates) = (context.Input(0).Shape, context.Input(2).Shape);
        var axis = Axis(ReadScalar(context.Input(3), "axis"), data.Rank);
        for (var i = 0; i < data.Rank; i++)
        {
            if (i != axis && updates[i] > data[i])
            {
                throw Node.Error($"updates {updates} are larger than data {data}");
            }
        }

        return axis;
    }

    private void Reduce<T>(OperationContext context)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        var reduction = context.Input(0).Type == ElementType.Boolean ? ScatterReductions.ForBooleans(_reduction) : _reduction;
        var output = context.Output(0).As<T>();
        if (!_useInitial)
        {
            var neutral = context.Input(0).Type != ElementType.Boolean ? ScatterReductions.Neutral<T>(reduction)
                : reduction == ScatterReduction.Min ? T.One : T.Zero;
            foreach (var cell in new Cells(this, context))
            {
                output[cell] = neutral;
            }
        }

        Scatter<T>(context, reduction);
        if (reduction == ScatterReduction.Mean)
        {
            Divide(context, output);
        }
    }

    private void Scatter<T>(OperationContext context, ScatterReduction reduction)
        where T : unmanaged, INumber<T>
    {
        var updates = context.Input(2).As<T>();
        var output = context.Output(0).As<T>();
        var position = 0;
        foreach (var cell in new Cells(this, context))
        {
            output[cell] = ScatterReductions.Apply(reduction, output[cell], updates[position++]);
        }
    }

    private void Divide<T>(OperationContext context, Span<T> output)
        where T : unmanaged, INumber<T>
    {
        var counts = MemoryMarshal.Cast<byte, int>(context.Scratch)[..output.Length];
        counts.Clear();
        foreach (var cell in new Cells(this, context))
        {
            counts[cell]++;
        }

        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0)
            {
                output[i] = Quotient(output[i], T.CreateTruncating(counts[i] + (_useInitial ? 1 : 0)));
            }
        }
    }

    /// <summary>Integers round towards minus infinity, as the specification says.</summary>
    private static T Quotient<T>(T sum, T count)
        where T : unmanaged, INumber<T>
    {
        var quotient = sum / count;
        return T.IsInteger(sum) && typeof(T) != typeof(float) && typeof(T) != typeof(double) && T.IsNegative(sum) && quotient * count != sum
            ? quotient - T.One
            : quotient;
    }

    private readonly ref struct Kernel(ScatterElementsOperation owner, OperationContext context) : INumberKernel
    {
        public void Run<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T> => owner.Reduce<T>(context);
    }

    /// <summary>The cell of every update, in the order of the updates.</summary>
    private ref struct Cells
    {
        private readonly ScatterElementsOperation _owner;
        private readonly TensorValue _indices;
        private readonly Shape _shape;
        private readonly Shape _strides;
        private readonly int _axis;
        private readonly long _size;
        private Shape _at;
        private int _position = -1;

        public Cells(ScatterElementsOperation owner, OperationContext context)
        {
            (_owner, _indices) = (owner, context.Input(1));
            var data = context.Input(0).Shape;
            _axis = owner.CheckedAxis(context);
            (_size, _shape, _strides, _at) = (data[_axis], _indices.Shape, data, data);
            long stride = 1;
            for (var i = data.Rank - 1; i >= 0; i--)
            {
                (_strides[i], _at[i]) = (stride, 0);
                stride *= data[i];
            }
        }

        public int Current { get; private set; }

        public readonly Cells GetEnumerator() => this;

        public bool MoveNext()
        {
            if (++_position >= _indices.Count)
            {
                return false;
            }

            for (var i = _at.Rank - 1; _position > 0 && i >= 0; i--)
            {
                _at[i]++;
                if (_at[i] < _shape[i])
                {
                    break;
                }

                _at[i] = 0;
            }

            var index = _owner.ReadInt(_indices, _position);
            index += index < 0 ? _size : 0;
            if ((ulong)index >= (ulong)_size)
            {
                throw _owner.Node.Error($"an index is outside a dimension of {_size}");
            }

            long cell = 0;
            for (var i = 0; i < _at.Rank; i++)
            {
                cell += (i == _axis ? index : _at[i]) * _strides[i];
            }

            Current = (int)cell;
            return true;
        }
    }
}
