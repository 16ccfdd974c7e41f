using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Ovms.Server.Grpc;

/// <content>Messages of the service.</content>
internal sealed partial class GrpcCall
{
    // Copying this much between flushes keeps the bytes in the second-level cache until the transport sends them.
    private const int FlushBytes = 256 << 10;

    private bool _begun;
    private bool _messageOpen;
    private bool _compressAnswers;
    private ArrayBufferWriter<byte>? _plain;

    /// <summary>Begins a message of exactly <paramref name="length"/> bytes, which the caller writes to the result or with
    /// <see cref="WriteAsync"/>. Null when the message is above the limit: then the call has ended.</summary>
    public IBufferWriter<byte>? BeginMessage(long length)
    {
        if (length > _options.MaxSendMessageBytes)
        {
            Fail(GrpcStatusCode.ResourceExhausted, $"Sent message larger than max ({length} vs. {_options.MaxSendMessageBytes})");
            return null;
        }

        if (!_begun)
        {
            _begun = true;
            _stream.BeginResponse(_compressAnswers ? GrpcCompression.Gzip : null);
            _output = _stream.Output;
        }

        _messageOpen = true;
        if (_compressAnswers)
        {
            _plain ??= new ArrayBufferWriter<byte>();
            _plain.ResetWrittenCount();
            return _plain;
        }

        WritePrefix(compressed: false, (int)length);
        return _output;
    }

    /// <summary>Writes a large part of the message, waiting for the client to take it. When the call is cancelled meanwhile it returns early
    /// and the call has ended.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_compressAnswers)
        {
            _plain!.Write(bytes.Span);
            return;
        }

        while (true)
        {
            var part = bytes.Length <= FlushBytes ? bytes : bytes[..FlushBytes];
            _output!.Write(part.Span);
            bytes = bytes[part.Length..];
            if (bytes.IsEmpty)
            {
                return;
            }

            await FlushAsync();
            if (_ended)
            {
                return;
            }
        }
    }

    /// <summary>The message is complete. It leaves with the end of the call or with <see cref="FlushAsync"/>.</summary>
    public void EndMessage()
    {
        if (_compressAnswers)
        {
            var compressed = GrpcCompression.Compress(_plain!.WrittenMemory);
            WritePrefix(compressed: true, (int)compressed.Length);
            _output!.Write(compressed.GetBuffer().AsSpan(0, (int)compressed.Length));
            _plain = null;
        }

        _messageOpen = false;
    }

    /// <summary>Sends what was written and waits until the client may be sent more. After a cancellation the call has ended.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskBuilder))]
    public async ValueTask FlushAsync()
    {
        if (!TryEnterWait(Wait.Flush))
        {
            return;
        }

        var result = await _output!.FlushAsync();
        LeaveWait();
        if (result.IsCompleted)
        {
            throw new IOException("the client no longer reads");
        }
    }

    private void ResetWriting()
    {
        _begun = false;
        _messageOpen = false;
        _compressAnswers = false;
    }

    private void WritePrefix(bool compressed, int length)
    {
        var prefix = _output!.GetSpan(PrefixLength);
        prefix[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], length);
        _output.Advance(PrefixLength);
    }
}
