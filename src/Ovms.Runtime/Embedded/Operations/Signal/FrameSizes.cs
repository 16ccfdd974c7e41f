using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Signal;

/// <summary>How a signal is cut into frames.</summary>
/// <param name="Batch">Signals.</param>
/// <param name="Count">Frames of a signal.</param>
/// <param name="Size">Elements of a frame.</param>
/// <param name="Step">Elements between starts of frames.</param>
/// <param name="Length">Elements of a signal.</param>
internal readonly record struct FrameSizes(int Batch, int Count, int Size, int Step, int Length)
{
    /// <summary>An input of one integer.</summary>
    /// <exception cref="Errors.ModelLoadException">It is none.</exception>
    public static long Read(GraphNode node, TensorValue value)
    {
        if (value.Count != 1)
        {
            throw node.Error($"a size of shape {value.Shape} is not supported");
        }

        return value.Type switch
        {
            ElementType.I32 => value.As<int>()[0],
            ElementType.I64 => value.As<long>()[0],
            _ => throw node.Error($"element type {value.Type.IrName()} of a size is not supported"),
        };
    }
}

/// <summary>Frames and the transform of all of them.</summary>
internal sealed record FramePlan(FrameSizes Frames, FourierStage Stage);
