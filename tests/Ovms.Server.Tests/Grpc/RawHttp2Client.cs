using System.Buffers.Binary;
using System.Net.Sockets;

namespace Ovms.Server.Tests.Grpc;

/// <summary>One HTTP/2 connection, frame by frame: for what <see cref="HttpClient"/> neither does nor shows.</summary>
internal sealed class RawHttp2Client : IDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte RstStream = 3;
    public const byte Ping = 6;
    public const byte EndStream = 1;

    private const byte Settings = 4;
    private const byte EndHeaders = 4;
    private const byte Ack = 1;

    private readonly TcpClient _tcp = new();
    private NetworkStream _stream = null!; // set by ConnectAsync

    public static async Task<RawHttp2Client> ConnectAsync(int port)
    {
        var client = new RawHttp2Client();
        await client._tcp.ConnectAsync("127.0.0.1", port);
        client._tcp.NoDelay = true;
        client._stream = client._tcp.GetStream();
        await client._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await client.SendAsync(Settings, 0, 0, []);
        return client;
    }

    /// <summary>Headers of a gRPC call.</summary>
    public Task SendHeadersAsync(int stream, string path)
    {
        // HPACK: literals without indexing; the name is an index of the static table or a string.
        using var block = new MemoryStream();
        block.WriteByte(0x83); // :method: POST
        block.WriteByte(0x86); // :scheme: http
        Literal(block, 4, null, path);
        Literal(block, 1, null, "localhost");
        Literal(block, 0, "content-type", "application/grpc");
        Literal(block, 0, "te", "trailers");
        return SendAsync(Headers, EndHeaders, stream, block.ToArray());
    }

    public async Task SendAsync(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        await _stream.WriteAsync(frame);
    }

    /// <summary>Types and flags of all frames of <paramref name="stream"/> that the server has sent before it answers a ping.</summary>
    public async Task<List<(byte Type, byte Flags)>> FramesBeforePongAsync(int stream)
    {
        await SendAsync(Ping, 0, 0, new byte[8]);
        var frames = new List<(byte Type, byte Flags)>();
        while (true)
        {
            var frame = await ReadFrameAsync();
            if (frame is { Type: Ping, Flags: Ack })
            {
                return frames;
            }

            if (frame.Stream == stream)
            {
                frames.Add((frame.Type, frame.Flags));
            }
        }
    }

    /// <summary>Types and flags of the frames of <paramref name="stream"/> up to the end of the answer.</summary>
    public async Task<List<(byte Type, byte Flags)>> FramesOfAnswerAsync(int stream)
    {
        var frames = new List<(byte Type, byte Flags)>();
        while (true)
        {
            var frame = await ReadFrameAsync();
            if (frame.Stream == stream)
            {
                frames.Add((frame.Type, frame.Flags));
                if (frame.Type == RstStream || (frame.Type is Data or Headers && (frame.Flags & EndStream) != 0))
                {
                    return frames;
                }
            }
        }
    }

    public void Dispose() => _tcp.Dispose();

    private static void Literal(MemoryStream block, byte nameIndex, string? name, string value)
    {
        block.WriteByte(nameIndex);
        if (name is not null)
        {
            block.WriteByte((byte)name.Length);
            block.Write(System.Text.Encoding.ASCII.GetBytes(name));
        }

        block.WriteByte((byte)value.Length);
        block.Write(System.Text.Encoding.ASCII.GetBytes(value));
    }

    private async Task<(byte Type, byte Flags, int Stream)> ReadFrameAsync()
    {
        var header = new byte[9];
        await _stream.ReadExactlyAsync(header, TestContext.Current.CancellationToken);
        var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header) >>> 8];
        await _stream.ReadExactlyAsync(payload, TestContext.Current.CancellationToken);
        return (header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)));
    }
}
