using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Ovms.Server.Grpc.Transport;

namespace Ovms.Server.Grpc;

/// <content>Messages of the client.</content>
internal sealed partial class GrpcCall
{
    // 1 byte: 1 = compressed; 4 bytes: length, big endian.
    private const int PrefixLength = 5;

    // Many clients send the end of their messages as a frame of its own, right behind the last message. An answer that overtakes it makes the
    // transport reset the stream, which some clients (grpc-js) report instead of the status. So it is waited for, but not for ever.
    private const int MaxDrainMs = 1000;
    private const int MaxDrainBytes = 64 << 10;

    private GrpcEncoding _requestEncoding;
    private bool _inputCompleted;
    private bool _tooLarge;
    private int _messageCount;
    private SequencePosition _messageEnd;
    private bool _holdsBytes;
    private InflatedMessage? _inflated;

    /// <summary>Whether <see cref="ReadMessageAsync"/> found a message; false at the end of the client's messages and on failure.</summary>
    public bool HasMessage { get; private set; }

    /// <summary>The message, in the transport's buffers; valid until <see cref="ReleaseMessage"/>.</summary>
    public ReadOnlySequence<byte> Message { get; private set; }

    /// <summary>Reads the next message into <see cref="Message"/>, or tells by <see cref="HasMessage"/> that there is none. On a framing error, at
    /// the deadline or above a limit the call has ended (<see cref="HasEnded"/>).</summary>
    [AsyncMethodBuilder(typeof(PooledTaskBuilder))]
    public async ValueTask ReadMessageAsync()
    {
        ReleaseMessage();
        var input = _input ??= _stream.Input;
        while (true)
        {
            if (!input.TryRead(out var result))
            {
                if (!TryEnterWait(Wait.Read))
                {
                    return;
                }

                result = await input.ReadAsync();
                LeaveWait();
            }

            var buffer = result.Buffer;
            _inputCompleted = result.IsCompleted;
            if (_ended || TakeMessage(buffer, result.IsCompleted))
            {
                if (!HasMessage)
                {
                    input.AdvanceTo(buffer.Start, buffer.End);
                }

                return;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>Gives the message's bytes back to the transport, which lets the client send more. Idempotent.</summary>
    public void ReleaseMessage()
    {
        HasMessage = false;
        Message = default;
        _inflated?.Clear();
        if (_holdsBytes)
        {
            _holdsBytes = false;
            _input!.AdvanceTo(_messageEnd);
        }
    }

    private void ResetReading()
    {
        _inputCompleted = false;
        _tooLarge = false;
        _messageCount = 0;
        HasMessage = false;
        Message = default;
        _holdsBytes = false;
        _requestEncoding = GrpcEncoding.Identity;
    }

    /// <summary>Lets go of the message and reads to the end of the request, within bounds; never fails.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskBuilder))]
    private async ValueTask DrainAsync()
    {
        if (_clientGone)
        {
            (HasMessage, Message, _holdsBytes) = (false, default, false);
            _inflated?.Clear();
            return;
        }

        ReleaseMessage();

        // A client that streams sends on until it learns the status, and so does one whose message is refused for its size.
        if (_inputCompleted || _tooLarge || _messageOpen || _messageCount > 1)
        {
            return;
        }

        try
        {
            var input = _input ??= _stream.Input;
            var left = (long)MaxDrainBytes;
            while (true)
            {
                if (!input.TryRead(out var result))
                {
                    if (!TryEnterWait(Wait.Read))
                    {
                        return;
                    }

                    LimitWait(MaxDrainMs);
                    result = await input.ReadAsync();
                    LeaveWait();
                }

                left -= result.Buffer.Length;
                input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted || result.IsCanceled || left < 0)
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (IsClientGone(exception))
        {
            _clientGone = true;
        }
    }

    private bool TryReadEncodings()
    {
        var encoding = _stream.Header(GrpcHeader.Encoding);
        if (!GrpcCompression.TryParse(encoding, out _requestEncoding))
        {
            _tellAcceptEncoding = true;
            Fail(GrpcStatusCode.Unimplemented, $"message encoding {System.Text.Encoding.UTF8.GetString(encoding)} is not supported");
            return false;
        }

        // As grpc-go does: who compresses gets compressed answers, when it says that it can read them; upstream answers identity otherwise.
        _compressAnswers = _requestEncoding == GrpcEncoding.Gzip && GrpcCompression.AcceptsGzip(_stream.Header(GrpcHeader.AcceptEncoding));
        return true;
    }

    /// <summary>True when there is a message, the end of messages or a failure; false when more bytes are needed.</summary>
    private bool TakeMessage(in ReadOnlySequence<byte> buffer, bool isLast)
    {
        if (buffer.Length < PrefixLength)
        {
            if (isLast && !buffer.IsEmpty)
            {
                Fail(GrpcStatusCode.Internal, "The request ended inside a message");
            }

            return isLast;
        }

        Span<byte> prefix = stackalloc byte[PrefixLength];
        buffer.Slice(0, PrefixLength).CopyTo(prefix);
        var flag = prefix[0];
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (flag > 1)
        {
            Fail(GrpcStatusCode.Internal, $"Bad GRPC frame type 0x{flag:x2}");
            return true;
        }

        if (flag == 1 && _requestEncoding == GrpcEncoding.Identity)
        {
            Fail(GrpcStatusCode.Internal, "A message is marked as compressed, but grpc-encoding names no encoding");
            return true;
        }

        if (length > (uint)_options.MaxReceiveMessageBytes)
        {
            _tooLarge = true;
            Fail(GrpcStatusCode.ResourceExhausted, $"Received message larger than max ({length} vs. {_options.MaxReceiveMessageBytes})");
            return true;
        }

        if (buffer.Length - PrefixLength < length)
        {
            if (isLast)
            {
                Fail(GrpcStatusCode.Internal, "The request ended inside a message");
            }

            return isLast;
        }

        _messageCount++;
        var message = buffer.Slice(PrefixLength, length);
        if (flag == 1)
        {
            return TakeCompressed(message);
        }

        (Message, HasMessage, _messageEnd, _holdsBytes) = (message, true, message.End, true);
        return true;
    }

    private bool TakeCompressed(in ReadOnlySequence<byte> message)
    {
        _inflated ??= new InflatedMessage();
        switch (_inflated.Fill(message, _options.MaxReceiveMessageBytes))
        {
            case InflateResult.Ok:
                (Message, HasMessage, _messageEnd, _holdsBytes) = (_inflated.Content, true, message.End, true);
                break;
            case InflateResult.TooLarge:
                var max = _options.MaxReceiveMessageBytes;
                Fail(GrpcStatusCode.ResourceExhausted, $"Received message larger than max (more than {max} after decompression vs. {max})");
                break;
            default:
                Fail(GrpcStatusCode.Internal, "A compressed message is malformed");
                break;
        }

        return true;
    }
}
