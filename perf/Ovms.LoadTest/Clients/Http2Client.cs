using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ovms.LoadTest.Clients;

/// <summary>One HTTP/2 connection that repeats one gRPC request on a fixed number of concurrent streams: blocking socket, fixed buffers, no
/// managed allocation after the first request, so that it can share a process with the server whose allocations are counted.</summary>
/// <remarks>Not a general client: answers are checked for length, status and, through <see cref="LastMessage"/>, content. Dynamic header tables
/// are switched off in both directions.</remarks>
internal sealed class Http2Client : IDisposable
{
    private const int FrameHeaderLength = 9;
    private const int MaxFrame = 16384;
    private const int Window = int.MaxValue;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _headerBlock;
    private readonly byte[] _message;
    private readonly byte[] _read = new byte[256 * 1024];
    private readonly byte[] _send = new byte[256 * 1024];
    private readonly Stream[] _streams;
    private readonly byte[] _lastMessage;
    private readonly long[] _latencies;
    private int _readStart;
    private int _readEnd;
    private int _sendLength;
    private int _nextStreamId = 1;
    private long _connectionWindow = 65535;
    private long _initialWindow = 65535;
    private int _maxStreams = int.MaxValue;
    private int _maxFrame = MaxFrame;
    private long _unacknowledged;
    private long _latencyCount;

    /// <summary>Connects and exchanges settings.</summary>
    /// <param name="endpoint">Server.</param>
    /// <param name="path">gRPC method path.</param>
    /// <param name="message">Request message without its prefix.</param>
    /// <param name="streams">Concurrent streams, ≥ 1.</param>
    /// <param name="maxAnswerLength">Largest answer, with its 5-byte prefix, kept in <see cref="LastMessage"/>.</param>
    public Http2Client(IPEndPoint endpoint, string path, byte[] message, int streams, int maxAnswerLength = 1 << 20)
    {
        _message = new byte[message.Length + 5];
        BinaryPrimitives.WriteInt32BigEndian(_message.AsSpan(1), message.Length);
        message.CopyTo(_message, 5);
        _headerBlock = EncodeHeaders(path, endpoint);
        _streams = new Stream[streams];
        _lastMessage = new byte[maxAnswerLength];
        _latencies = new long[1 << 20];
        _socket.Connect(endpoint);
        Append("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Span<byte> settings = stackalloc byte[18];
        WriteSetting(settings, 1, 0);
        WriteSetting(settings[6..], 2, 0);
        WriteSetting(settings[12..], 4, Window);
        AppendFrame(4, 0, 0, settings);
        Span<byte> increment = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(increment, Window - 65535);
        AppendFrame(8, 0, 0, increment);
        Flush();
    }

    /// <summary>The last complete answer with its 5-byte prefix.</summary>
    public ReadOnlySpan<byte> LastMessage => _lastMessage.AsSpan(0, LastMessageLength);

    /// <summary>Length of <see cref="LastMessage"/>.</summary>
    public int LastMessageLength { get; private set; }

    /// <summary>Answers whose status was not 0.</summary>
    public long Failures { get; private set; }

    /// <summary>Latencies of the last <see cref="Run"/>, in <see cref="System.Diagnostics.Stopwatch"/> ticks; at most the first 2²⁰.</summary>
    public Span<long> Latencies => _latencies.AsSpan(0, (int)Math.Min(_latencyCount, _latencies.Length));

    /// <summary>Repeats the request until <paramref name="requests"/> answers are there or, when it is not 0, <paramref name="untilTicks"/> of the stopwatch.</summary>
    /// <returns>Number of answers.</returns>
    /// <exception cref="IOException">The server closed the connection or sent a reset.</exception>
    public long Run(long requests, long untilTicks = 0)
    {
        _latencyCount = 0;
        long started = 0, done = 0;
        var active = 0;
        while (done < requests)
        {
            var stop = untilTicks != 0 && System.Diagnostics.Stopwatch.GetTimestamp() >= untilTicks;
            if (stop && active == 0)
            {
                break;
            }

            for (var i = 0; i < _streams.Length && !stop; i++)
            {
                if (_streams[i].Id == 0 && started < requests && active < _maxStreams)
                {
                    Begin(ref _streams[i]);
                    started++;
                    active++;
                }
            }

            SendBodies();
            Flush();
            var ended = ReadFrames();
            done += ended;
            active -= ended;
        }

        return done;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static byte[] EncodeHeaders(string path, IPEndPoint endpoint)
    {
        // Literals without indexing; names from the static table where it has them (RFC 7541 §6.2.2).
        var block = new MemoryStream();
        block.WriteByte(0x83); // :method POST
        block.WriteByte(0x86); // :scheme http
        Literal(block, 4, path);
        Literal(block, 1, endpoint.ToString());
        Literal(block, 31, "application/grpc");
        block.WriteByte(0);
        Text(block, "te");
        Text(block, "trailers");
        return block.ToArray();

        static void Literal(MemoryStream block, int nameIndex, string value)
        {
            if (nameIndex < 15)
            {
                block.WriteByte((byte)nameIndex);
            }
            else
            {
                block.WriteByte(15);
                block.WriteByte((byte)(nameIndex - 15));
            }

            Text(block, value);
        }

        static void Text(MemoryStream block, string text)
        {
            var bytes = Encoding.ASCII.GetBytes(text);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, 126, nameof(text));
            block.WriteByte((byte)bytes.Length);
            block.Write(bytes);
        }
    }

    private static void WriteSetting(Span<byte> destination, ushort id, int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, id);
        BinaryPrimitives.WriteInt32BigEndian(destination[2..], value);
    }

    private void Begin(ref Stream stream)
    {
        stream = new Stream { Id = _nextStreamId, Window = _initialWindow, StartedTicks = System.Diagnostics.Stopwatch.GetTimestamp() };
        _nextStreamId += 2;
        AppendFrame(1, 0x4, stream.Id, _headerBlock);
    }

    private void SendBodies()
    {
        for (var i = 0; i < _streams.Length; i++)
        {
            ref var stream = ref _streams[i];
            while (stream.Id != 0 && stream.Sent < _message.Length)
            {
                var length = (int)Math.Min(Math.Min(_message.Length - stream.Sent, _maxFrame), Math.Min(_connectionWindow, stream.Window));
                if (length <= 0)
                {
                    break;
                }

                var last = stream.Sent + length == _message.Length;
                AppendFrame(0, last ? (byte)1 : (byte)0, stream.Id, _message.AsSpan(stream.Sent, length));
                stream.Sent += length;
                stream.Window -= length;
                _connectionWindow -= length;
            }
        }
    }

    private void AppendFrame(byte type, byte flags, int streamId, ReadOnlySpan<byte> payload)
    {
        if (_sendLength + FrameHeaderLength + payload.Length > _send.Length)
        {
            Flush();
        }

        var header = _send.AsSpan(_sendLength);
        header[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(header[1..], (ushort)payload.Length);
        header[3] = type;
        header[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(header[5..], streamId);
        _sendLength += FrameHeaderLength;
        Append(payload);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_send.AsSpan(_sendLength));
        _sendLength += bytes.Length;
    }

    private void Flush()
    {
        var sent = 0;
        while (sent < _sendLength)
        {
            sent += _socket.Send(_send.AsSpan(sent, _sendLength - sent));
        }

        _sendLength = 0;
    }

    /// <summary>Blocks for at least one frame, handles all that arrived.</summary>
    /// <returns>Number of streams that ended.</returns>
    private int ReadFrames()
    {
        var ended = 0;
        Fill(FrameHeaderLength);
        do
        {
            var header = _read.AsSpan(_readStart, FrameHeaderLength);
            var length = (header[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(header[1..]);
            var (type, flags, id) = (header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header[5..]));
            Fill(FrameHeaderLength + length);
            ended += Handle(type, flags, id, _read.AsSpan(_readStart + FrameHeaderLength, length));
            _readStart += FrameHeaderLength + length;
        }
        while (_readEnd - _readStart >= FrameHeaderLength);
        if (_unacknowledged > 1 << 30)
        {
            Span<byte> increment = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(increment, (int)_unacknowledged);
            AppendFrame(8, 0, 0, increment);
            _unacknowledged = 0;
        }

        return ended;
    }

    private void Fill(int wanted)
    {
        if (_readStart + wanted > _read.Length)
        {
            _read.AsSpan(_readStart, _readEnd - _readStart).CopyTo(_read);
            (_readEnd, _readStart) = (_readEnd - _readStart, 0);
        }

        while (_readEnd - _readStart < wanted)
        {
            var got = _socket.Receive(_read.AsSpan(_readEnd));
            if (got == 0)
            {
                throw new IOException("the server closed the connection");
            }

            _readEnd += got;
        }
    }

    private int Handle(byte type, byte flags, int id, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case 0:
                return HandleData(flags, id, payload);
            case 1:
                return HandleHeaders(flags, id, payload);
            case 3:
                throw new IOException($"stream {id} was reset with code {BinaryPrimitives.ReadInt32BigEndian(payload)}");
            case 4 when (flags & 1) == 0:
                HandleSettings(payload);
                AppendFrame(4, 1, 0, default);
                return 0;
            case 6 when (flags & 1) == 0:
                AppendFrame(6, 1, 0, payload);
                return 0;
            case 7:
                throw new IOException($"the server is going away with code {BinaryPrimitives.ReadInt32BigEndian(payload[4..])}");
            case 8:
                var increment = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
                if (id == 0)
                {
                    _connectionWindow += increment;
                }
                else if (Find(id) is >= 0 and var index)
                {
                    _streams[index].Window += increment;
                }

                return 0;
            default:
                return 0;
        }
    }

    private void HandleSettings(ReadOnlySpan<byte> payload)
    {
        for (; payload.Length >= 6; payload = payload[6..])
        {
            var value = BinaryPrimitives.ReadInt32BigEndian(payload[2..]);
            switch (BinaryPrimitives.ReadUInt16BigEndian(payload))
            {
                case 3:
                    _maxStreams = value;
                    break;
                case 4:
                    var change = value - _initialWindow;
                    _initialWindow = value;
                    foreach (ref var stream in _streams.AsSpan())
                    {
                        stream.Window += change;
                    }

                    break;
                case 5:
                    _maxFrame = Math.Min(value, 65536);
                    break;
                default:
                    break;
            }
        }
    }

    private int HandleData(byte flags, int id, ReadOnlySpan<byte> payload)
    {
        _unacknowledged += payload.Length;
        ref var stream = ref _streams[Find(id)];
        if (stream.Received + payload.Length <= _lastMessage.Length)
        {
            payload.CopyTo(_lastMessage.AsSpan(stream.Received));
        }

        stream.Received += payload.Length;
        return (flags & 1) != 0 ? End(ref stream, succeeded: false) : 0;
    }

    private int HandleHeaders(byte flags, int id, ReadOnlySpan<byte> payload)
    {
        if ((flags & 1) == 0)
        {
            return 0;
        }

        // Without dynamic table and, by Kestrel, without Huffman codes a good status is these bytes: length of the name, name, 1, '0'.
        return End(ref _streams[Find(id)], payload.IndexOf("\u000bgrpc-status\u00010"u8) >= 0);
    }

    private int End(ref Stream stream, bool succeeded)
    {
        if (!succeeded)
        {
            Failures++;
        }

        if (_latencyCount < _latencies.Length)
        {
            _latencies[_latencyCount] = System.Diagnostics.Stopwatch.GetTimestamp() - stream.StartedTicks;
        }

        _latencyCount++;
        LastMessageLength = Math.Min(stream.Received, _lastMessage.Length);
        stream.Id = 0;
        return 1;
    }

    private int Find(int id)
    {
        for (var i = 0; i < _streams.Length; i++)
        {
            if (_streams[i].Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    private struct Stream
    {
        public int Id;
        public long Window;
        public int Sent;
        public int Received;
        public long StartedTicks;
    }
}
