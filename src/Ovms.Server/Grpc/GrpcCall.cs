using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Ovms.Server.Dispatch;
using Ovms.Server.Grpc.Transport;

namespace Ovms.Server.Grpc;

/// <summary>One call as a service sees it: messages in, messages out, a status at the end. Pooled with its stream.</summary>
/// <remarks>A unary handler reads one message (<see cref="ReadMessageAsync"/>), answers with <see cref="BeginMessage"/> … <see cref="EndMessage"/>
/// and <see cref="Complete"/>, or ends with <see cref="Fail(GrpcStatusCode, string?)"/>. Streaming handlers do the same repeatedly, with
/// <see cref="FlushAsync"/> after each message. Only one operation at a time; cancellation comes from other threads.</remarks>
internal sealed partial class GrpcCall : IGrpcAbortListener
{
    private readonly IGrpcStream _stream;
    private readonly GrpcServerOptions _options;
    private readonly IGrpcService[] _services;

    // Owned by the handler's flow of control.
    private PipeReader? _input;
    private PipeWriter? _output;
    private bool _ended;
    private bool _clientGone;
    private GrpcStatusCode _status;
    private string? _statusText;
    private int _httpStatus;
    private bool _tellAcceptEncoding;

    public GrpcCall(IGrpcStream stream, GrpcServerOptions options, IGrpcService[] services)
    {
        _stream = stream;
        _options = options;
        _services = services;
    }

    /// <summary>Whether the handler has ended the call with success or failure.</summary>
    public bool HasEnded => _ended;

    /// <summary>Ends the call with success. What was written is sent.</summary>
    public void Complete() => _ended = true;

    /// <summary>Ends the call with an error; a message begun before makes that a stream error. The first end of a call counts.</summary>
    public void Fail(GrpcStatusCode status, string? text)
    {
        if (_ended)
        {
            return;
        }

        (_status, _statusText, _ended) = (status, text, true);
    }

    /// <summary>Ends the call with a fault of the dispatcher (W§2).</summary>
    public void Fail(ServingFault fault) => Fail((GrpcStatusCode)ServingStatusTable.GrpcCode(fault.Status), fault.Message);

    /// <summary>Runs the call from its headers to its trailers. Never fails.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskBuilder))]
    public async ValueTask RunAsync()
    {
        Reset();
        try
        {
            if (TryBegin(out var service, out var method))
            {
                await service!.InvokeAsync(method, this);
                if (!_ended)
                {
                    Fail(GrpcStatusCode.Internal, ServingStatusTable.Text(ServingStatus.InternalError));
                }
            }
        }
        catch (Exception exception) when (IsClientGone(exception))
        {
            _clientGone = true;
        }
        catch (Exception exception)
        {
            _ended = false;
            Fail(GrpcStatusCode.Internal, ServingStatusTable.Text(ServingStatus.InternalError));
            _options.OnDefect?.Invoke(exception);
        }

        await DrainAsync();
        End();
    }

    private void Reset()
    {
        _input = null;
        _output = null;
        _ended = false;
        _clientGone = false;
        _status = GrpcStatusCode.Ok;
        _statusText = null;
        _httpStatus = 200;
        _tellAcceptEncoding = false;
        ResetReading();
        ResetWriting();
        OpenCancellation();
    }

    /// <summary>Checks the headers and finds the method; on failure the call has ended.</summary>
    private bool TryBegin(out IGrpcService? service, out int method)
    {
        (service, method) = (null, IGrpcService.OtherService);
        var verb = _stream.Header(GrpcHeader.Method);
        if (!verb.SequenceEqual("POST"u8))
        {
            _httpStatus = 405;
            Fail(GrpcStatusCode.Internal, "The HTTP method of a gRPC call must be POST");
            return false;
        }

        if (!IsGrpcContent(_stream.Header(GrpcHeader.ContentType)))
        {
            _httpStatus = 415;
            Fail(GrpcStatusCode.InvalidArgument, "The content type of a gRPC call must be application/grpc");
            return false;
        }

        foreach (var candidate in _services)
        {
            method = candidate.Match(_stream.Header(GrpcHeader.Path));
            if (method != IGrpcService.OtherService)
            {
                service = candidate;
                break;
            }
        }

        if (method < 0)
        {
            var path = System.Text.Encoding.UTF8.GetString(_stream.Header(GrpcHeader.Path));
            Fail(GrpcStatusCode.Unimplemented, method == IGrpcService.UnknownMethod ? $"unknown method {path}" : $"unknown service {path}");
            return false;
        }

        return TryReadEncodings() && TryStartDeadline();
    }

    /// <summary><c>application/grpc</c>, alone or followed by <c>+</c> or <c>;</c> (gRPC over HTTP/2).</summary>
    private static bool IsGrpcContent(ReadOnlySpan<byte> contentType)
    {
        var expected = "application/grpc"u8;
        return contentType.Length >= expected.Length
            && System.Text.Ascii.EqualsIgnoreCase(contentType[..expected.Length], expected)
            && (contentType.Length == expected.Length || contentType[expected.Length] is (byte)'+' or (byte)';' or (byte)' ');
    }

    // What the transport's pipes throw when the stream or the connection is gone.
    private static bool IsClientGone(Exception exception) =>
        exception is IOException or OperationCanceledException;

    private void End()
    {
        CloseCancellation();
        if (_clientGone)
        {
            // Nobody reads an answer. Without a reset the transport would send an empty, successful one.
            _stream.Reset();
            return;
        }

        if (_messageOpen)
        {
            // Half a message cannot be taken back.
            _stream.Reset();
            return;
        }

        var text = _statusText is null ? null : GrpcStatusMessage.Encode(_statusText);
        _stream.EndResponse(_httpStatus, _status, text, _tellAcceptEncoding ? GrpcCompression.Accepted : null);
    }
}
