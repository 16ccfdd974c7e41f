using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ovms.Server.FunctionalTests.Clients;

/// <summary>HTTP/2 frame by frame, so that a test can send what no library would. Sent bytes are not checked against the peer's windows: the server
/// under test grants 16 MiB a stream and 64 MiB a connection.</summary>
internal sealed class RawHttp2 : IAsyncDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte EndStream = 1;
    public const byte EndHeaders = 4;
    public const int MaxFrame = 16384;

    /// <summary>The client's connection preface.</summary>
    public static readonly byte[] Preface = Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    private readonly ConcurrentDictionary<int, Stream> _streams = new();
    private readonly MemoryStream _pending = new();
    private readonly Socket _socket;
    private readonly Task _reading;
    private int _nextStream = 1;
    private int _goAwayCode = -2;

    private RawHttp2(Socket socket)
    {
        _socket = socket;
        _reading = ReadAllAsync();
    }

    /// <summary>Opens a connection: preface, our settings (no dynamic header table, wide windows).</summary>
    public static async Task<RawHttp2> ConnectAsync(int port)
    {
        var socket = await OpenAsync(port);
        var connection = new RawHttp2(socket);
        connection._pending.Write(Preface);
        connection.Queue(Settings, 0, 0, [0, 1, 0, 0, 0, 0, 0, 4, 0x7F, 0xFF, 0xFF, 0xFF]);
        connection.Queue(8, 0, 0, [0x7F, 0xFE, 0, 0]);
        await connection.FlushAsync();
        return connection;
    }

    /// <summary>A TCP connection to a port of this machine.</summary>
    public static async Task<Socket> OpenAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    /// <summary>Queues the headers of a gRPC call.</summary>
    /// <returns>Its stream.</returns>
    public int QueueCall(string path, bool end = false, params (string Name, string Value)[] more)
    {
        var id = _nextStream;
        _nextStream += 2;
        _streams[id] = new Stream();
        var block = new MemoryStream();
        WriteHeader(block, ":method", "POST");
        WriteHeader(block, ":scheme", "http");
        WriteHeader(block, ":path", path);
        WriteHeader(block, ":authority", "localhost");
        WriteHeader(block, "te", "trailers");
        WriteHeader(block, "content-type", "application/grpc");
        foreach (var (name, value) in more)
        {
            WriteHeader(block, name, value);
        }

        Queue(Headers, (byte)(EndHeaders | (end ? EndStream : 0)), id, block.ToArray());
        return id;
    }

    /// <summary>Queues body bytes, cut into frames.</summary>
    public void QueueData(int stream, ReadOnlySpan<byte> data, bool end)
    {
        do
        {
            var part = data[..Math.Min(data.Length, MaxFrame)];
            data = data[part.Length..];
            Queue(Data, end && data.IsEmpty ? EndStream : (byte)0, stream, part);
        }
        while (!data.IsEmpty);
    }

    /// <summary>Queues any frame.</summary>
    public void Queue(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[9];
        BinaryPrimitives.WriteInt32BigEndian(head, payload.Length << 8);
        head[3] = type;
        head[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(head[5..], stream);
        _pending.Write(head);
        _pending.Write(payload);
    }

    /// <summary>Queues bytes that need be no frame.</summary>
    public void QueueBytes(ReadOnlySpan<byte> bytes) => _pending.Write(bytes);

    /// <summary>Sends what is queued.</summary>
    public async Task FlushAsync()
    {
        ReadOnlyMemory<byte> rest = _pending.ToArray();
        _pending.SetLength(0);
        while (!rest.IsEmpty)
        {
            rest = rest[await _socket.SendAsync(rest)..];
        }
    }

    /// <summary>Waits for the end of a stream.</summary>
    public async Task<RawReply> ReplyAsync(int stream)
    {
        var reply = await _streams[stream].Done.Task.WaitAsync(TimeSpan.FromSeconds(60));
        _streams.TryRemove(stream, out _);
        return reply;
    }

    /// <summary>Waits until the server has closed the connection.</summary>
    /// <returns>The code of its GOAWAY, −2 without one.</returns>
    public async Task<int> ClosedAsync()
    {
        await _reading.WaitAsync(TimeSpan.FromSeconds(60));
        return _goAwayCode;
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
    }

    private static void WriteHeader(MemoryStream block, string name, string value)
    {
        // Literal without indexing, new name (RFC 7541 §6.2.2).
        block.WriteByte(0);
        WriteText(block, name);
        WriteText(block, value);
    }

    private static void WriteText(MemoryStream block, string text)
    {
        var length = text.Length;
        if (length < 127)
        {
            block.WriteByte((byte)length);
        }
        else
        {
            block.WriteByte(127);
            for (length -= 127; length >= 128; length >>= 7)
            {
                block.WriteByte((byte)(length | 128));
            }

            block.WriteByte((byte)length);
        }

        block.Write(Encoding.ASCII.GetBytes(text));
    }

    private async Task ReadAllAsync()
    {
        try
        {
            await using var stream = new NetworkStream(_socket);
            await using var input = new BufferedStream(stream, 1 << 16);
            var head = new byte[9];
            while (await input.ReadAtLeastAsync(head, 9, throwOnEndOfStream: false) == 9)
            {
                var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >>> 8];
                await input.ReadExactlyAsync(payload);
                Take(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or EndOfStreamException)
        {
            // The end, whoever closed.
        }

        foreach (var stream in _streams.Values)
        {
            stream.Done.TrySetResult(new RawReply(-1, "", [], _goAwayCode));
        }
    }

    private void Take(byte type, byte flags, int id, byte[] payload)
    {
        if (type == GoAway)
        {
            _goAwayCode = BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(4));
            return;
        }

        if (!_streams.TryGetValue(id, out var stream))
        {
            return;
        }

        switch (type)
        {
            case Data:
                stream.Body.Write(payload);
                break;
            case Headers:
                ReadHeaders(payload, stream);
                break;
            case Reset:
                stream.Done.TrySetResult(new RawReply(stream.GrpcStatus, stream.Text, stream.Body.ToArray(), BinaryPrimitives.ReadInt32BigEndian(payload)));
                return;
            default:
                return;
        }

        if ((flags & EndStream) != 0)
        {
            stream.Done.TrySetResult(new RawReply(stream.GrpcStatus, stream.Text, stream.Body.ToArray(), -1));
        }
    }

    // The two headers that matter are in no static table; the server is told to keep no dynamic one, and Kestrel compresses no text.
    private static void ReadHeaders(ReadOnlySpan<byte> block, Stream stream)
    {
        while (!block.IsEmpty)
        {
            var first = block[0];
            if (first >= 0x80)
            {
                ReadInteger(ref block, 7);
                continue;
            }

            if ((first & 0xE0) == 0x20)
            {
                ReadInteger(ref block, 5);
                continue;
            }

            var name = ReadInteger(ref block, first >= 0x40 ? 6 : 4) == 0 ? ReadText(ref block) : "";
            var value = ReadText(ref block);
            if (name == "grpc-status")
            {
                stream.GrpcStatus = int.Parse(value, CultureInfo.InvariantCulture);
            }
            else if (name == "grpc-message")
            {
                stream.Text = Uri.UnescapeDataString(value);
            }
        }
    }

    private static int ReadInteger(ref ReadOnlySpan<byte> block, int bits)
    {
        var mask = (1 << bits) - 1;
        var value = block[0] & mask;
        block = block[1..];
        if (value < mask)
        {
            return value;
        }

        for (var shift = 0; ; shift += 7)
        {
            var next = block[0];
            block = block[1..];
            value += (next & 127) << shift;
            if (next < 128)
            {
                return value;
            }
        }
    }

    private static string ReadText(ref ReadOnlySpan<byte> block)
    {
        Assert.True(block[0] < 128, "the server compresses header texts: this client does not read that");
        var length = ReadInteger(ref block, 7);
        var text = Encoding.ASCII.GetString(block[..length]);
        block = block[length..];
        return text;
    }

    private sealed class Stream
    {
        public MemoryStream Body { get; } = new();

        public TaskCompletionSource<RawReply> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int GrpcStatus { get; set; } = -1;

        public string Text { get; set; } = "";
    }
}
