using System.Text;
using Ovms.Runtime.Protobuf;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;
using Ovms.Server.Wire.TfServing;

namespace Ovms.Server.Grpc.TfServing;

/// <summary><c>GetModelMetadata</c> (W§1.10).</summary>
internal sealed class MetadataEndpoint(Dispatcher dispatcher)
{
    private const string TypeUrl = "type.googleapis.com/tensorflow.serving.SignatureDefMap";
    private const string Kind = "signature_def";
    private const string SignatureName = "serving_default";

    /// <summary>Reads the request and answers.</summary>
    public async ValueTask RunAsync(GrpcCall call)
    {
        await call.ReadMessageAsync();
        var request = new GetModelMetadataRequest();
        if (!ProtoMessages.Accept(call, call.HasMessage && request.TryParse(call.Message)))
        {
            return;
        }

        var model = new PredictCall();
        try
        {
            var fault = Resolve(request, model);
            request.Clear();
            call.ReleaseMessage();
            if (fault.IsFault)
            {
                call.Fail(fault);
                return;
            }

            await ProtoMessages.AnswerAsync(call, Describe(model.Servable!), new ProtoSegments()); // resolved
        }
        finally
        {
            model.Release();
        }
    }

    // In this order (W§1.10).
    private ServingFault Resolve(GetModelMetadataRequest request, PredictCall model)
    {
        if (request.ModelSpec is not { } spec)
        {
            return new ServingFault(ServingStatus.ModelSpecMissing);
        }

        var fields = request.MetadataField;
        if (fields.Count != 1 || !fields[0].Span.SequenceEqual("signature_def"u8))
        {
            return new ServingFault(ServingStatus.InvalidSignatureDef);
        }

        return dispatcher.Resolve(model, spec.Name.Span, spec.Version?.Value ?? 0);
    }

    private static GetModelMetadataResponse Describe(ServableVersion servable)
    {
        var signatures = new SignatureDefMap();
        var signature = signatures.SignatureDef.Put(SignatureName);
        Add(signature.Inputs, servable.Inputs);
        Add(signature.Outputs, servable.Outputs);

        var response = new GetModelMetadataResponse
        {
            ModelSpec = new ModelSpec
            {
                Name = Encoding.UTF8.GetBytes(servable.ModelName),
                Version = new Int64Value { Value = servable.Version },
            },
        };
        var metadata = response.Metadata.Put(Kind);
        metadata.TypeUrl = TypeUrl;
        metadata.Value = signatures.ToByteArray();
        return response;
    }

    private static void Add(ProtoMap<Utf8Slice, TensorInfo> map, IReadOnlyList<ServableTensor> tensors)
    {
        foreach (var tensor in tensors)
        {
            var info = map.Put(tensor.NameUtf8);
            info.Name = tensor.NameUtf8;
            info.Dtype = tensor.Descriptor.Type.ToDataType();
            info.TensorShape = Describe(tensor.Descriptor.Shape);
        }
    }

    private static TensorShapeProto Describe(PartialShape declared)
    {
        var shape = new TensorShapeProto { UnknownRank = !declared.IsRankKnown };
        foreach (var dimension in declared.Dims)
        {
            shape.Dim.Add().Size = dimension.IsStatic ? dimension.Min : -1;
        }

        return shape;
    }
}
