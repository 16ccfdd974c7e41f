using System.Globalization;
using System.Text;
using Ovms.Server.Dispatch;

namespace Ovms.Server.Rest.TfServing;

/// <summary><c>GET /v1/models/M[/versions/V]</c> (W§3.5).</summary>
internal sealed class StatusEndpoint(Dispatcher dispatcher)
{
    /// <summary>Answers one request.</summary>
    public ValueTask HandleAsync(RestExchange exchange, TfServingConnection connection)
    {
        var statuses = new List<ModelVersionStatus>();
        var fault = dispatcher.GetStatus(connection.ModelName, connection.Version, statuses);

        return fault.IsFault ? RestErrorWriter.WriteAsync(exchange, fault) : RestResponse.SendAsync(exchange, 200, Write(statuses));
    }

    /// <summary>The body: indented by one blank a level, with a final line feed.</summary>
    public static string Write(IReadOnlyList<ModelVersionStatus> statuses)
    {
        if (statuses.Count == 0)
        {
            return "{\n \"model_version_status\": []\n}\n";
        }

        var text = new StringBuilder("{\n \"model_version_status\": [");
        for (var i = 0; i < statuses.Count; i++)
        {
            var status = statuses[i];
            var code = CodeText(status.ErrorCode);
            text.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ",")}\n  {{\n   \"version\": \"{status.Version}\",\n");
            text.Append(CultureInfo.InvariantCulture, $"   \"state\": \"{StateText(status.State)}\",\n   \"status\": {{\n");
            text.Append(CultureInfo.InvariantCulture, $"    \"error_code\": \"{code}\",\n    \"error_message\": \"{code}\"\n   }}\n  }}");
        }

        return text.Append("\n ]\n}\n").ToString();
    }

    private static string StateText(ModelVersionState state) => state switch
    {
        ModelVersionState.Start => "START",
        ModelVersionState.Loading => "LOADING",
        ModelVersionState.Available => "AVAILABLE",
        ModelVersionState.Unloading => "UNLOADING",
        ModelVersionState.End => "END",
        _ => "UNKNOWN",
    };

    private static string CodeText(int code) => code switch
    {
        0 => "OK",
        9 => "FAILED_PRECONDITION",
        _ => "UNKNOWN",
    };
}
