using Ovms.Runtime.Protobuf;
using Ovms.Runtime.Tensors;

namespace Ovms.Server.Wire.TfServing;

/// <summary>Filling from inference results.</summary>
internal sealed partial class PredictResponse
{
    /// <summary>Adds an output; nothing is copied.</summary>
    /// <param name="nameUtf8">Output name.</param>
    /// <param name="type">Element type; sent as the type of W§1.7.</param>
    /// <param name="shape">Concrete shape; a scalar becomes a shape without dimensions.</param>
    /// <param name="content">Row-major little-endian elements in the engine's memory; it must stay as it is until the response is written.</param>
    public void AddOutput(ReadOnlyMemory<byte> nameUtf8, ElementType type, in Shape shape, ReadOnlyMemory<byte> content)
    {
        var tensor = Outputs.Put(new Utf8Slice(nameUtf8));
        tensor.Dtype = type.ToDataType();
        tensor.TensorContent = new ByteSlice(content);
        var dimensions = tensor.EnsureTensorShape().Dim;
        foreach (var size in shape.Dims)
        {
            dimensions.Add().Size = size;
        }
    }
}
