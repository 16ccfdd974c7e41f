using System.Globalization;
using System.Text;
using Ovms.Runtime.Inference;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Rest.TfServing;

/// <summary><c>GET /v1/models/M[/versions/V]/metadata</c>: protobuf's JSON of GetModelMetadataResponse (W§3.6).</summary>
internal sealed class MetadataEndpoint(Dispatcher dispatcher)
{
    /// <summary>Answers one request.</summary>
    public ValueTask HandleAsync(RestExchange exchange, TfServingConnection connection)
    {
        var call = connection.Call;
        try
        {
            var serving = dispatcher.Resolve(call, connection.ModelName, connection.Version);
            return serving.IsFault
                ? RestErrorWriter.WriteAsync(exchange, serving)
                : RestResponse.SendAsync(exchange, 200, Write(call.Servable!)); // resolved
        }
        finally
        {
            call.Release();
        }
    }

    /// <summary>The body: indented by one blank a level, with a final line feed.</summary>
    public static string Write(ServableVersion servable)
    {
        var text = new StringBuilder();
        text.Append("{\n \"modelSpec\": {\n  \"name\": \"").Append(RestErrorWriter.Escape(servable.ModelName));
        text.Append("\",\n  \"signatureName\": \"\",\n  \"version\": \"");
        text.Append(servable.Version.ToString(CultureInfo.InvariantCulture)).Append("\"\n },\n \"metadata\": {\n  \"signature_def\": {\n");
        text.Append("   \"@type\": \"type.googleapis.com/tensorflow.serving.SignatureDefMap\",\n");
        text.Append("   \"signatureDef\": {\n    \"serving_default\": {\n");
        AppendTensors(text, "inputs", servable.Inputs);
        AppendTensors(text, "outputs", servable.Outputs);
        text.Append("     \"methodName\": \"\",\n     \"defaults\": {}\n    }\n   }\n  }\n }\n}\n");
        return text.ToString();
    }

    private static void AppendTensors(StringBuilder text, string key, IReadOnlyList<ServableTensor> tensors)
    {
        text.Append(CultureInfo.InvariantCulture, $"     \"{key}\": {{");
        for (var i = 0; i < tensors.Count; i++)
        {
            text.Append(i == 0 ? "\n" : ",\n");
            AppendTensor(text, tensors[i].Descriptor);
        }

        text.Append(tensors.Count == 0 ? "},\n" : "\n     },\n");
    }

    private static void AppendTensor(StringBuilder text, TensorDescriptor tensor)
    {
        var name = RestErrorWriter.Escape(tensor.Name);
        text.Append(CultureInfo.InvariantCulture, $"      \"{name}\": {{\n       \"dtype\": \"{TypeText(tensor.Type)}\",\n");
        text.Append("       \"tensorShape\": {\n        \"dim\": [");
        var isFirst = true;
        foreach (var dimension in tensor.Shape.Dims)
        {
            var size = dimension.IsStatic ? dimension.Min : -1;
            text.Append(CultureInfo.InvariantCulture, $"{(isFirst ? "" : ",")}\n         {{\n          \"size\": \"{size}\",\n          \"name\": \"\"\n         }}");
            isFirst = false;
        }

        text.Append(isFirst ? "],\n" : "\n        ],\n");
        text.Append("        \"unknownRank\": ").Append(tensor.Shape.IsRankKnown ? "false" : "true").Append("\n       },\n");
        text.Append(CultureInfo.InvariantCulture, $"       \"name\": \"{name}\"\n      }}");
    }

    private static string TypeText(ElementType type) => type switch
    {
        ElementType.F64 => "DT_DOUBLE",
        ElementType.F32 => "DT_FLOAT",
        ElementType.F16 => "DT_HALF",
        ElementType.BF16 => "DT_BFLOAT16",
        ElementType.I64 => "DT_INT64",
        ElementType.I32 => "DT_INT32",
        ElementType.I16 => "DT_INT16",
        ElementType.I8 => "DT_INT8",
        ElementType.U64 => "DT_UINT64",
        ElementType.U32 => "DT_UINT32",
        ElementType.U16 => "DT_UINT16",
        ElementType.U8 => "DT_UINT8",
        ElementType.Boolean => "DT_BOOL",
        ElementType.String => "DT_STRING",
        _ => "DT_INVALID",
    };
}
