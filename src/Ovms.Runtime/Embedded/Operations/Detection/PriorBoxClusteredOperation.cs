using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>PriorBoxClustered-1: default boxes of given widths and heights in every cell (IR sheet §14.14).</summary>
internal sealed class PriorBoxClusteredOperation : Operation
{
    private readonly float[] _widths;
    private readonly float[] _heights;
    private readonly float[] _variance;
    private readonly bool _clip;
    private readonly float _stepX;
    private readonly float _stepY;
    private readonly float _offset;

    public PriorBoxClusteredOperation(GraphNode node)
        : base(node)
    {
        var attributes = node.Attributes;
        (_widths, _heights) = (attributes.GetFloats("width", required: true), attributes.GetFloats("height", required: true));
        _variance = Variances.Read(node);
        _clip = attributes.GetBool("clip", true);
        _offset = (float)attributes.GetFloat("offset", 0);
        var step = (float)attributes.GetFloat("step", 0);
        (_stepX, _stepY) = ((float)attributes.GetFloat("step_w", 0), (float)attributes.GetFloat("step_h", 0));
        (_stepX, _stepY) = (_stepX == 0 ? step : _stepX, _stepY == 0 ? step : _stepY);
        if (_widths.Length != _heights.Length)
        {
            throw node.Error("width and height differ in length");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        if (!context.Input(0).HasData)
        {
            return false;
        }

        GridReader.Read(Node, context.Input(0), out var rows, out var columns);
        context.SetOutput(0, ElementType.F32, new Shape(2, checked(4 * rows * columns * _widths.Length)));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        GridReader.Read(Node, context.Input(0), out var rows, out var columns);
        GridReader.Read(Node, context.Input(1), out var height, out var width);
        var output = context.Output(0).As<float>();
        var boxes = output[..(output.Length / 2)];
        var (stepX, stepY) = (_stepX, _stepY);
        if (stepX == 0 && stepY == 0)
        {
            (stepX, stepY) = ((float)width / columns, (float)height / rows);
        }

        var writer = new PriorWriter(boxes, width, height);
        for (var h = 0; h < rows; h++)
        {
            for (var w = 0; w < columns; w++)
            {
                for (var i = 0; i < _widths.Length; i++)
                {
                    writer.Write((w + _offset) * stepX, (h + _offset) * stepY, _widths[i] / 2, _heights[i] / 2, clip: false);
                }
            }
        }

        if (_clip)
        {
            PriorBoxOperation.Clip(boxes);
        }

        Variances.Fill(output[boxes.Length..], _variance);
    }
}
