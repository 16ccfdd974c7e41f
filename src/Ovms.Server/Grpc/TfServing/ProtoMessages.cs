using System.Runtime.CompilerServices;
using Ovms.Runtime.Protobuf;

namespace Ovms.Server.Grpc.TfServing;

/// <summary>Protobuf messages in and out of a unary call.</summary>
internal static class ProtoMessages
{
    // Up to here one copy into the response pipe and no flush; above, large slices are copied piece by piece with flow control.
    private const int DirectBytes = 64 << 10;

    /// <summary>Ends the call when it brought no message or the message could not be parsed.</summary>
    /// <returns>Whether the handler may go on.</returns>
    public static bool Accept(GrpcCall call, bool parsed)
    {
        if (call.HasMessage && parsed)
        {
            return true;
        }

        call.Fail(GrpcStatusCode.Internal, call.HasMessage ? "The request message is malformed" : "The request holds no message");
        return false;
    }

    /// <summary>Answers with one message and success.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskBuilder))]
    public static async ValueTask AnswerAsync<TMessage>(GrpcCall call, TMessage message, ProtoSegments segments)
        where TMessage : class, IProtoMessage
    {
        var size = message.MeasureSize();
        if (call.BeginMessage(size) is not { } output)
        {
            return;
        }

        if (size <= DirectBytes)
        {
            message.WriteMeasured(output);
        }
        else
        {
            segments.Write(message);
            for (var i = 0; i < segments.Segments.Length; i++)
            {
                await call.WriteAsync(segments.Segments[i]);
                if (call.HasEnded)
                {
                    return;
                }
            }
        }

        call.EndMessage();
        call.Complete();
    }
}
