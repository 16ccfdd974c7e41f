using Ovms.Runtime.Memory;
using Ovms.Runtime.Tensors;

namespace Ovms.Server.Dispatch;

/// <summary>The checks of a predict request, in the order that decides which error a client reads (W§1.5).</summary>
internal static class PredictValidator
{
    /// <summary>Checks all inputs; the first fault is returned.</summary>
    public static ServingFault Validate(ServableVersion servable, IPredictInputs inputs)
    {
        var declared = servable.Inputs;
        if (inputs.Count != declared.Count)
        {
            return new ServingFault(ServingStatus.InvalidNoOfInputs, FaultDetails.InputCount(declared.Count, inputs.Count));
        }

        for (var i = 0; i < declared.Count; i++)
        {
            var fault = Validate(declared[i], inputs);
            if (fault.IsFault)
            {
                return fault;
            }
        }

        return ServingFault.None;
    }

    private static ServingFault Validate(ServableTensor tensor, IPredictInputs inputs)
    {
        var descriptor = tensor.Descriptor;
        var name = descriptor.Name;
        var index = inputs.IndexOf(tensor.NameUtf8);
        if (index < 0)
        {
            return new ServingFault(ServingStatus.InvalidMissingInput, FaultDetails.MissingInput(name));
        }

        var known = inputs.TryGetShape(index, out var shape, out var shapeText);
        if (known ? HasNegative(shape) : shapeText!.Contains('-', StringComparison.Ordinal))
        {
            return new ServingFault(ServingStatus.InvalidShape, FaultDetails.NegativeDimension(shapeText ?? shape.ToString(), name));
        }

        // Strings and encoded images are served by no backend of this build (W§1.8, "anything else").
        var type = inputs.TypeOf(index);
        if (type == ElementType.String)
        {
            return new ServingFault(ServingStatus.NotImplemented);
        }

        if (type != descriptor.Type)
        {
            return new ServingFault(
                ServingStatus.InvalidPrecision, FaultDetails.Precision(descriptor.Type.PrecisionName(), inputs.TypeText(index), name));
        }

        // Above the highest rank the shape exists as text only; it can be no model's.
        if (!known || (descriptor.Shape.IsRankKnown && descriptor.Shape.Rank != shape.Rank))
        {
            return new ServingFault(
                ServingStatus.InvalidNoOfShapeDimensions,
                FaultDetails.Shape(descriptor.Shape.ToString(), shapeText ?? shape.ToString(), name));
        }

        return ValidateSizes(tensor, inputs, index, shape);
    }

    private static ServingFault ValidateSizes(ServableTensor tensor, IPredictInputs inputs, int index, in Shape shape)
    {
        var descriptor = tensor.Descriptor;
        var axis = tensor.BatchAxis;
        if (descriptor.Shape.IsRankKnown && axis >= 0 && axis < shape.Rank && !descriptor.Shape[axis].Allows(shape[axis]))
        {
            return new ServingFault(
                ServingStatus.InvalidBatchSize,
                FaultDetails.BatchSize(descriptor.Shape[axis].ToString(), shape[axis], descriptor.Name));
        }

        if (!descriptor.Shape.Allows(shape))
        {
            return new ServingFault(
                ServingStatus.InvalidShape, FaultDetails.Shape(descriptor.Shape.ToString(), shape.ToString(), descriptor.Name));
        }

        if (!shape.TryGetElementCount(out var count) || count > TensorMemory.MaxLength / descriptor.Type.ByteSize())
        {
            return new ServingFault(ServingStatus.InvalidContentSize, FaultDetails.ShapeOverflow(descriptor.Name));
        }

        var content = inputs.CheckContent(index, descriptor, count);
        return content.IsFault ? content with { Details = FaultDetails.ForInput(content.Details, descriptor.Name) } : content;
    }

    private static bool HasNegative(in Shape shape)
    {
        foreach (var size in shape.Dims)
        {
            if (size < 0)
            {
                return true;
            }
        }

        return false;
    }
}
