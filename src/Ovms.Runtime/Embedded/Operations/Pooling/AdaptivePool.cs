using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Pooling;

/// <summary>AdaptiveAvgPool-8 and AdaptiveMaxPool-8: windows sized so that a given number of them covers the input (IR sheet §14.3).</summary>
internal sealed class AdaptivePool : Operation
{
    private readonly bool _isMax;
    private readonly ElementType _indexType = ElementType.I64;

    public AdaptivePool(GraphNode node, bool isMax)
        : base(node)
    {
        _isMax = isMax;
        if (!isMax)
        {
            return;
        }

        _indexType = node.Attributes.GetElementType("index_element_type", ElementType.I64);
        if (_indexType is not (ElementType.I32 or ElementType.I64))
        {
            throw node.Error($"attribute index_element_type=\"{_indexType.IrName()}\" is not supported");
        }
    }

    public override bool Infer(OperationContext context)
    {
        var (data, wanted) = (context.Input(0), context.Input(1));
        if (data.Type is not (ElementType.F32 or ElementType.F64))
        {
            throw Node.Error($"element type {data.Type.IrName()} is not supported");
        }

        if (!wanted.HasData)
        {
            return false;
        }

        var spatial = data.Shape.Rank - 2;
        if (spatial is < 1 or > 3 || wanted.Count != spatial)
        {
            throw Node.Error($"an output of {wanted.Count} dimensions does not fit data of shape {data.Shape}");
        }

        var output = new Shape(data.Shape[0], data.Shape[1]);
        for (var axis = 0; axis < spatial; axis++)
        {
            var size = wanted.Type switch
            {
                ElementType.I32 => wanted.As<int>()[axis],
                ElementType.I64 => wanted.As<long>()[axis],
                _ => throw Node.Error($"element type {wanted.Type.IrName()} of the output shape is not supported"),
            };
            if (size < 1 || data.Shape[axis + 2] < 1)
            {
                throw Node.Error($"an output of {size} from {data.Shape[axis + 2]} is not supported");
            }

            output.TryAppend(size);
        }

        context.SetOutput(0, data.Type, output);
        if (_isMax && context.OutputCount > 1)
        {
            context.SetOutput(1, _indexType, output);
        }

        return true;
    }

    public override void Run(OperationContext context)
    {
        if (context.Input(0).Type == ElementType.F32)
        {
            Run<float>(context);
        }
        else
        {
            Run<double>(context);
        }
    }

    private void Run<T>(OperationContext context)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>, System.Numerics.IMinMaxValue<T>
    {
        ReadOnlySpan<T> data = context.Input(0).As<T>();
        var result = context.Output(0).As<T>();
        var (input, output) = (context.Input(0).Shape, context.Output(0).Shape);
        Span<int> sizes = [1, 1, 1];
        Span<int> wanted = [1, 1, 1];
        for (var axis = 2; axis < input.Rank; axis++)
        {
            sizes[3 - input.Rank + axis] = (int)input[axis];
            wanted[3 - input.Rank + axis] = (int)output[axis];
        }

        var (plane, cells) = (sizes[0] * sizes[1] * sizes[2], wanted[0] * wanted[1] * wanted[2]);
        for (var i = 0; i < result.Length; i++)
        {
            var cell = i % cells;
            var window = new Window(
                Part(sizes[0], wanted[0], cell / wanted[2] / wanted[1]),
                Part(sizes[1], wanted[1], cell / wanted[2] % wanted[1]),
                Part(sizes[2], wanted[2], cell % wanted[2]));
            result[i] = Pool(data.Slice(i / cells * plane, plane), sizes[1], sizes[2], window, out var index);
            if (_isMax && context.OutputCount > 1)
            {
                Store(context.Output(1), i, index);
            }
        }
    }

    private T Pool<T>(ReadOnlySpan<T> data, int height, int width, in Window window, out int index)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>, System.Numerics.IMinMaxValue<T>
    {
        var value = _isMax ? T.MinValue : T.Zero;
        index = -1;
        var count = 0;
        for (var z = window.Z.First; z < window.Z.End; z++)
        {
            for (var y = window.Y.First; y < window.Y.End; y++)
            {
                for (var x = window.X.First; x < window.X.End; x++)
                {
                    var at = (((z * height) + y) * width) + x;
                    if (!_isMax)
                    {
                        value += data[at];
                        count++;
                    }
                    else if (data[at] > value || (index < 0 && data[at] == value))
                    {
                        (value, index) = (data[at], at);
                    }
                }
            }
        }

        index = Math.Max(index, 0);
        return _isMax ? value : value / T.CreateTruncating(count);
    }

    private static (int First, int End) Part(int size, int parts, int i) =>
        ((int)((long)i * size / parts), (int)((((long)(i + 1) * size) + parts - 1) / parts));

    private static void Store(TensorValue indices, int i, long index)
    {
        if (indices.Type == ElementType.I32)
        {
            indices.As<int>()[i] = (int)index;
        }
        else
        {
            indices.As<long>()[i] = index;
        }
    }

    private readonly record struct Window((int First, int End) Z, (int First, int End) Y, (int First, int End) X);
}
