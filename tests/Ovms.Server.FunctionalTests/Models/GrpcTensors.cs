using Google.Protobuf;
using Ovms.Server.Tests.Reference;

namespace Ovms.Server.FunctionalTests.Models;

/// <summary>Cases as messages of the TensorFlow Serving API.</summary>
internal static class GrpcTensors
{
    /// <summary>The request of a case, with <c>tensor_content</c>.</summary>
    public static PredictRequest Request(ModelCase item)
    {
        var request = new PredictRequest { ModelSpec = new ModelSpec { Name = item.Servable } };
        foreach (var input in item.Inputs)
        {
            request.Inputs.Add(input.Name, Write(input));
        }

        return request;
    }

    /// <summary>A tensor as a message.</summary>
    public static TensorProto Write(TestTensor tensor)
    {
        var message = new TensorProto
        {
            Dtype = (DataType)ElementTable.DataType(tensor.Type),
            TensorShape = new TensorShapeProto(),
            TensorContent = ByteString.CopyFrom(tensor.Data),
        };
        message.TensorShape.Dim.AddRange(tensor.Shape.Select(static size => new TensorShapeProto.Types.Dim { Size = size }));
        return message;
    }

    /// <summary>A tensor out of a message. The type is the wanted one's when the message's is its number on the wire.</summary>
    public static TestTensor Read(string name, TensorProto message, string wantedType)
    {
        var type = (int)message.Dtype == ElementTable.DataType(wantedType) ? wantedType : message.Dtype.ToString();
        return new TestTensor(name, type, [.. message.TensorShape.Dim.Select(static d => d.Size)], message.TensorContent.ToByteArray());
    }
}
