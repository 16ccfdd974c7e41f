using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Detection;

/// <summary>ExperimentalDetectronPriorGridGenerator-6: anchors moved to every cell of a grid.</summary>
internal sealed class DetectronPriorGridOperation : Operation
{
    private readonly bool _flatten;
    private readonly long _height;
    private readonly long _width;
    private readonly float _stepX;
    private readonly float _stepY;

    public DetectronPriorGridOperation(GraphNode node)
        : base(node)
    {
        var attributes = node.Attributes;
        _flatten = attributes.GetBool("flatten", true);
        (_height, _width) = (attributes.GetInt("h", 0), attributes.GetInt("w", 0));
        (_stepX, _stepY) = ((float)attributes.GetFloat("stride_x", 0), (float)attributes.GetFloat("stride_y", 0));
        if (_height < 0 || _width < 0)
        {
            throw node.Error("h and w may not be negative");
        }
    }

    /// <inheritdoc/>
    public override bool Infer(OperationContext context)
    {
        var (priors, features, image) = (context.Input(0), context.Input(1).Shape, context.Input(2).Shape);
        if (priors.Shape.Rank != 2 || priors.Shape[1] != 4 || priors.Type != ElementType.F32 || features.Rank != 4 || image.Rank != 4)
        {
            throw Node.Error($"priors {priors.Shape} do not go with features {features} and image {image}");
        }

        var (rows, columns) = (_height > 0 ? _height : features[2], _width > 0 ? _width : features[3]);
        context.SetOutput(0, priors.Type, _flatten ? new Shape(checked(rows * columns * priors.Shape[0]), 4) : new Shape(rows, columns, priors.Shape[0], 4));
        return true;
    }

    /// <inheritdoc/>
    public override void Run(OperationContext context)
    {
        var (features, image) = (context.Input(1).Shape, context.Input(2).Shape);
        var (rows, columns) = (_height > 0 ? _height : features[2], _width > 0 ? _width : features[3]);
        var stepX = _stepX == 0 ? (float)image[3] / columns : _stepX;
        var stepY = _stepY == 0 ? (float)image[2] / rows : _stepY;
        var priors = context.Input(0).As<float>();
        var output = context.Output(0).As<float>();
        var at = 0;
        for (var h = 0; h < rows; h++)
        {
            for (var w = 0; w < columns; w++)
            {
                for (var i = 0; i < priors.Length; i++)
                {
                    output[at++] = priors[i] + ((i & 1) == 0 ? stepX * (w + 0.5f) : stepY * (h + 0.5f));
                }
            }
        }
    }
}
