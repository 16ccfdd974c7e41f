using System.Numerics;
using Ovms.Runtime.Embedded.Operations.Movement;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>NonZero-3: coordinates of all elements that are not zero, <c>[rank, n]</c>, row-major; a scalar gives <c>[1, 0 or 1]</c>.</summary>
internal sealed class NonZeroOperation : Operation
{
    private readonly ElementType _type;

    public NonZeroOperation(GraphNode node)
        : base(node)
    {
        _type = node.Attributes.GetElementType("output_type", ElementType.I64);
        if (_type is not (ElementType.I64 or ElementType.I32))
        {
            throw node.Error($"output_type {_type.IrName()} is neither i64 nor i32");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var data = context.Input(0);
        if (!NumberDispatch.Supports(data.Type))
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        if (!data.HasData)
        {
            return false;
        }

        var kernel = new Kernel(context, write: false, _type);
        NumberDispatch.Run(data.Type, ref kernel);
        context.SetOutput(0, _type, new Shape(Math.Max(data.Shape.Rank, 1), kernel.Found));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var kernel = new Kernel(context, write: true, _type);
        NumberDispatch.Run(context.Input(0).Type, ref kernel);
    }

    private ref struct Kernel(OperationContext context, bool write, ElementType type) : INumberKernel
    {
        public long Found { get; private set; }

        public void Run<T>()
            where T : unmanaged, INumber<T>, IMinMaxValue<T>
        {
            ReadOnlySpan<T> data = context.Input(0).As<T>();
            if (!write)
            {
                foreach (var value in data)
                {
                    Found += value != T.Zero ? 1 : 0;
                }

                return;
            }

            for (var i = 0; i < data.Length; i++)
            {
                if (data[i] != T.Zero)
                {
                    Write((int)Found++, i);
                }
            }
        }

        private readonly void Write(int column, int flat)
        {
            var shape = context.Input(0).Shape;
            var count = (int)context.Output(0).Shape[1];
            long rest = flat;
            for (var axis = Math.Max(shape.Rank, 1) - 1; axis >= 0; axis--)
            {
                var size = axis < shape.Rank ? shape[axis] : 1;
                if (type == ElementType.I64)
                {
                    context.Output(0).As<long>()[(axis * count) + column] = rest % size;
                }
                else
                {
                    context.Output(0).As<int>()[(axis * count) + column] = (int)(rest % size);
                }

                rest /= size;
            }
        }
    }
}
