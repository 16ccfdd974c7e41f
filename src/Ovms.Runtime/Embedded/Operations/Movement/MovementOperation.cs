using System.Buffers.Binary;
using Ovms.Runtime.Errors;
using Ovms.Runtime.Models.Graph;
using Ovms.Runtime.Tensors;

namespace Ovms.Runtime.Embedded.Operations.Movement;

/// <summary>Base of the operations that move elements without looking at them: works on 1, 2, 4 or 8 bytes whatever the type.</summary>
internal abstract class MovementOperation(GraphNode node) : Operation(node)
{
    /// <inheritdoc/>
    public override bool ComputesHalf => true;

    /// <summary>Bytes of one element of <paramref name="type"/>.</summary>
    /// <exception cref="ModelLoadException">Sub-byte types and strings cannot be moved element by element.</exception>
    protected int ElementSize(ElementType type) =>
        type.ByteSize() is > 0 and var size ? size : throw Node.Error($"element type {type.IrName()} is not supported");

    /// <summary>Inputs <paramref name="first"/> … whose values the shape rule needs; false when one is not known yet.</summary>
    protected static bool HaveData(OperationContext context, int first, int last)
    {
        for (var i = first; i <= last; i++)
        {
            if (context.HasInput(i) && !context.Input(i).HasData)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>An axis in [0, rank) from one that may count from the end.</summary>
    protected int Axis(long axis, int rank, string what = "axis") =>
        axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis) : throw Node.Error($"{what} {axis} is outside a rank of {rank}");

    /// <summary>Appends a dimension to an output shape.</summary>
    protected void Append(ref Shape shape, long dimension)
    {
        if (dimension < 0 || !shape.TryAppend(dimension))
        {
            throw Node.Error(dimension < 0 ? $"an output dimension would be {dimension}" : $"the output rank is above {Shape.MaxRank}");
        }
    }

    /// <summary>Fails unless <paramref name="count"/> inputs are connected.</summary>
    protected void RequireInputs(int count)
    {
        if (Node.Inputs.Length < count)
        {
            throw Node.Error($"needs {count} inputs, has {Node.Inputs.Length}");
        }
    }

    /// <summary>A value read from input data of any integer type, widened to 64 bits (u64 above 2⁶³ saturates).</summary>
    protected long ReadInt(TensorValue value, int index) => IntegerReader.Read(value, index)
        ?? throw Node.Error($"an index input of type {value.Type.IrName()} is not supported");

    /// <summary>All values of a small index input, up to <see cref="MaxList"/> of them.</summary>
    protected Span<long> ReadInts(TensorValue value, Span<long> buffer)
    {
        if (value.Count > buffer.Length)
        {
            throw Node.Error($"an index input has {value.Count} entries, more than {buffer.Length}");
        }

        for (var i = 0; i < value.Count; i++)
        {
            buffer[i] = ReadInt(value, i);
        }

        return buffer[..value.Count];
    }

    /// <summary>The one value of a scalar or one-element index input.</summary>
    protected long ReadScalar(TensorValue value, string what) =>
        value.Count == 1 ? ReadInt(value, 0) : throw Node.Error($"{what} must be one number, has shape {value.Shape}");

    /// <summary>Longest index list that describes one tensor; generous, as masks of StridedSlice may add axes.</summary>
    protected const int MaxList = 2 * Shape.MaxRank;

    /// <summary>Fills <paramref name="strides"/> with the row-major strides of <paramref name="shape"/>, in elements.</summary>
    protected static void RowMajor(in Shape shape, Span<long> strides)
    {
        long stride = 1;
        for (var axis = shape.Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }
    }
}

/// <summary>Reads integers of any width from tensors.</summary>
internal static class IntegerReader
{
    /// <summary>Element <paramref name="index"/> widened to 64 bits, or null when the type is not an integer.</summary>
    public static long? Read(TensorValue value, int index)
    {
        var bytes = value.Bytes;
        return value.Type switch
        {
            ElementType.I64 => BinaryPrimitives.ReadInt64LittleEndian(bytes[(index * 8)..]),
            ElementType.I32 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(index * 4)..]),
            ElementType.U64 => (long)ulong.Min(BinaryPrimitives.ReadUInt64LittleEndian(bytes[(index * 8)..]), long.MaxValue),
            ElementType.U32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(index * 4)..]),
            ElementType.I16 => BinaryPrimitives.ReadInt16LittleEndian(bytes[(index * 2)..]),
            ElementType.U16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(index * 2)..]),
            ElementType.I8 => (sbyte)bytes[index],
            ElementType.U8 or ElementType.Boolean => bytes[index],
            _ => null,
        };
    }
}
