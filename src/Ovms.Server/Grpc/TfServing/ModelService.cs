using System.Text;
using Ovms.Runtime.Protobuf;
using Ovms.Server.Dispatch;
using Ovms.Server.Routing;
using Ovms.Server.Wire.TfServing;

namespace Ovms.Server.Grpc.TfServing;

/// <summary><c>tensorflow.serving.ModelService</c> (W§1.1, §1.11).</summary>
[GrpcService("tensorflow.serving.ModelService")]
internal sealed partial class ModelService(Dispatcher dispatcher)
{
    private static readonly byte[] s_ok = Encoding.ASCII.GetBytes("OK");
    private static readonly byte[] s_unknown = Encoding.ASCII.GetBytes("UNKNOWN");
    private static readonly byte[] s_failedPrecondition = Encoding.ASCII.GetBytes("FAILED_PRECONDITION");

    [GrpcMethod("GetModelStatus")]
    private async ValueTask GetModelStatusAsync(GrpcCall call)
    {
        await call.ReadMessageAsync();
        var request = new GetModelStatusRequest();
        if (!ProtoMessages.Accept(call, call.HasMessage && request.TryParse(call.Message)))
        {
            return;
        }

        var statuses = new List<ModelVersionStatus>();
        var spec = request.ModelSpec;
        var fault = dispatcher.GetStatus(spec is null ? default : spec.Name.Span, spec?.Version?.Value ?? 0, statuses);
        request.Clear();
        call.ReleaseMessage();
        if (fault.IsFault)
        {
            call.Fail(fault);
            return;
        }

        var response = new GetModelStatusResponse();
        foreach (var status in statuses)
        {
            var version = response.ModelVersionStatus.Add();
            version.Version = status.Version;
            version.State = status.State;
            version.Status = new StatusProto { ErrorCode = status.ErrorCode, ErrorMessage = CodeName(status.ErrorCode) };
        }

        await ProtoMessages.AnswerAsync(call, response, new ProtoSegments());
    }

    // Upstream answers OK and does nothing, which tells a client that its configuration was taken.
    [GrpcMethod("HandleReloadConfigRequest")]
    private static ValueTask HandleReloadConfigRequestAsync(GrpcCall call)
    {
        call.Fail(GrpcStatusCode.Unimplemented, ServingStatusTable.Text(ServingStatus.NotImplemented));
        return ValueTask.CompletedTask;
    }

    // The message is the code's name; upstream uses these three (W§1.3).
    private static byte[] CodeName(int code) => code switch
    {
        0 => s_ok,
        (int)GrpcStatusCode.FailedPrecondition => s_failedPrecondition,
        _ => s_unknown,
    };
}
