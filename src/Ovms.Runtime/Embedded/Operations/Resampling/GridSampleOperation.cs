using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Resampling;

/// <summary>GridSample-9: samples <c>[N,C,H,W]</c> at normalised positions <c>[N,Ho,Wo,2]</c> (x, y in −1 … 1).</summary>
internal sealed class GridSampleOperation : Operation
{
    private readonly bool _alignCorners;
    private readonly Mode _mode;
    private readonly Padding _padding;

    public GridSampleOperation(GraphNode node)
        : base(node)
    {
        _alignCorners = node.Attributes.GetBool("align_corners", false);
        _mode = node.Attributes.GetEnum("mode", "bilinear") switch
        {
            "bilinear" => Mode.Bilinear,
            "bicubic" => Mode.Bicubic,
            "nearest" => Mode.Nearest,
            var other => throw node.Error($"mode \"{other}\" is not known"),
        };
        _padding = node.Attributes.GetEnum("padding_mode", "zeros") switch
        {
            "zeros" => Padding.Zeros,
            "border" => Padding.Border,
            "reflection" => Padding.Reflection,
            var other => throw node.Error($"padding_mode \"{other}\" is not known"),
        };
    }

    private enum Mode
    {
        Nearest,
        Bilinear,
        Bicubic,
    }

    private enum Padding
    {
        Zeros,
        Border,
        Reflection,
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (data, grid) = (context.Input(0), context.Input(1));
        if (data.Shape.Rank != 4 || grid.Shape.Rank != 4 || grid.Shape[3] != 2 || grid.Shape[0] != data.Shape[0]
            || data.Type != ElementType.F32 || grid.Type != ElementType.F32)
        {
            throw Node.Error($"data {data.Shape} of {data.Type.IrName()} does not go with grid {grid.Shape} of {grid.Type.IrName()}");
        }

        context.SetOutput(0, data.Type, new Shape(data.Shape[0], data.Shape[1], grid.Shape[1], grid.Shape[2]));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var shape = context.Input(0).Shape;
        var (channels, height, width) = ((int)shape[1], (int)shape[2], (int)shape[3]);
        var output = context.Output(0).As<float>();
        var cells = (int)context.Output(0).Shape.Product(2, 4);
        var grid = context.Input(1).As<float>();
        Span<int> rows = stackalloc int[4];
        Span<int> columns = stackalloc int[4];
        Span<float> rowWeights = stackalloc float[4];
        Span<float> columnWeights = stackalloc float[4];
        for (var n = 0; n < shape[0]; n++)
        {
            for (var cell = 0; cell < cells; cell++)
            {
                var at = ((n * cells) + cell) * 2;
                var count = Taps(grid[at], width, columns, columnWeights);
                Taps(grid[at + 1], height, rows, rowWeights);
                for (var c = 0; c < channels; c++)
                {
                    var map = context.Input(0).As<float>().Slice(((n * channels) + c) * height * width, height * width);
                    output[(((n * channels) + c) * cells) + cell] =
                        Blend(map, width, rows[..count], columns[..count], rowWeights, columnWeights);
                }
            }
        }
    }

    private static float Blend(
        ReadOnlySpan<float> map, int width, ReadOnlySpan<int> rows, ReadOnlySpan<int> columns, ReadOnlySpan<float> rowWeights, ReadOnlySpan<float> columnWeights)
    {
        var sum = 0f;
        for (var r = 0; r < rows.Length; r++)
        {
            var line = 0f;
            for (var c = 0; c < columns.Length; c++)
            {
                line += rows[r] < 0 || columns[c] < 0 ? 0 : map[(rows[r] * width) + columns[c]] * columnWeights[c];
            }

            sum += line * rowWeights[r];
        }

        return sum;
    }

    /// <summary>Positions (−1 outside) and weights on one axis.</summary>
    private int Taps(float normalised, int size, Span<int> positions, Span<float> weights)
    {
        var x = _alignCorners ? (normalised + 1) / 2 * (size - 1) : (((normalised + 1) * size) - 1) / 2;
        if (_mode == Mode.Nearest)
        {
            (positions[0], weights[0]) = (Position(MathF.Round(x), size), 1);
            return 1;
        }

        var floor = MathF.Floor(x);
        var t = x - floor;
        if (_mode == Mode.Bilinear)
        {
            (positions[0], weights[0]) = (Position(floor, size), 1 - t);
            (positions[1], weights[1]) = (Position(floor + 1, size), t);
            return 2;
        }

        const float A = -0.75f;
        weights[0] = ((((A * (t + 1)) - (5 * A)) * (t + 1) + (8 * A)) * (t + 1)) - (4 * A);
        weights[1] = (((A + 2) * t) - (A + 3)) * t * t + 1;
        weights[2] = (((A + 2) * (1 - t)) - (A + 3)) * (1 - t) * (1 - t) + 1;
        weights[3] = ((((A * (2 - t)) - (5 * A)) * (2 - t) + (8 * A)) * (2 - t)) - (4 * A);
        for (var k = 0; k < 4; k++)
        {
            positions[k] = Position(floor - 1 + k, size);
        }

        return 4;
    }

    /// <summary>An index into the axis for a whole coordinate, by padding mode; −1 for zero. NaN counts as outside.</summary>
    private int Position(float coordinate, int size)
    {
        if (coordinate >= 0 && coordinate < size)
        {
            return (int)coordinate;
        }

        if (_padding == Padding.Zeros || size == 0 || float.IsNaN(coordinate))
        {
            return -1;
        }

        // Beyond 2³⁰ the coordinate has no fraction left to reflect; clamping keeps the arithmetic in 64 bits.
        var x = (long)Math.Clamp(coordinate, -(1 << 30), 1 << 30);
        if (_padding == Padding.Border)
        {
            return (int)Math.Clamp(x, 0, size - 1);
        }

        if (_alignCorners)
        {
            var period = Math.Max(2 * (size - 1), 1);
            x = Math.Abs(x) % period;
            return size == 1 ? 0 : (int)(x >= size ? period - x : x);
        }

        x = ((x % (2 * size)) + (2 * size)) % (2 * size);
        return (int)(x >= size ? (2 * size) - 1 - x : x);
    }
}
