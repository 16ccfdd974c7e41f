using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using Ovms.Server.FunctionalTests.Clients;

namespace Ovms.Server.FunctionalTests.Hostile;

/// <summary>Clients that lie about lengths, send bombs, speak another protocol, are slow or go away (issue: bad input).</summary>
public sealed class TransportTests(HostileServer server) : IClassFixture<HostileServer>
{
    private const string JsonPost = "POST " + HostileServer.PredictPath + " HTTP/1.1\r\nHost: localhost\r\n";
    private const int GrpcLimit = 1 << 30;
    private const int HttpMegabyte = 1 << 20;

    // A gibibyte of zeros is about a megabyte of gzip: made once.
    private static readonly Lazy<byte[]> s_bomb = new(() => Bomb((byte)' ', (1L << 30) + HttpMegabyte));

    [Fact]
    public async Task Predict_AMessageDeclaredAboveTheLimit_IsRefusedBeforeItIsSent()
    {
        await using var connection = await RawHttp2.ConnectAsync(server.Process.GrpcPort);
        foreach (var length in (uint[])[GrpcLimit + 1, int.MaxValue, 0x8000_0000, uint.MaxValue])
        {
            var prefix = new byte[15];
            BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), length);
            var stream = connection.QueueCall(GrpcClient.Predict);
            connection.QueueData(stream, prefix, end: false);
            await connection.FlushAsync();

            var reply = await connection.ReplyAsync(stream);

            Assert.Equal((GrpcReply.ResourceExhausted, $"Received message larger than max ({length} vs. {GrpcLimit})"), (reply.GrpcStatus, reply.Text));
        }

        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Predict_ManyMessagesOfAGigabyteDeclaredAndTenBytesSent_ReserveNothing()
    {
        var before = server.Process.ResidentBytes;
        await using var connection = await RawHttp2.ConnectAsync(server.Process.GrpcPort);
        var streams = new List<int>();
        for (var i = 0; i < 100; i++)
        {
            var prefix = new byte[15];
            BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), GrpcLimit);
            streams.Add(connection.QueueCall(GrpcClient.Predict));
            connection.QueueData(streams[^1], prefix, end: false);
        }

        await connection.FlushAsync();
        await server.AssertHealthyAsync();
        Assert.InRange(server.Process.ResidentBytes, 0, before + (64 << 20));
        foreach (var stream in streams)
        {
            connection.QueueData(stream, [], end: true);
        }

        await connection.FlushAsync();
        foreach (var stream in streams)
        {
            var reply = await connection.ReplyAsync(stream);
            Assert.Equal((GrpcReply.Internal, "The request ended inside a message"), (reply.GrpcStatus, reply.Text));
        }
    }

    [Fact]
    public async Task Post_ABodyDeclaredAboveTheLimit_IsRefusedBeforeItIsSent()
    {
        using var connection = await RawHttp1.ConnectAsync(server.Process.RestPort);
        await connection.SendAsync(RawHttp1.Post(HostileServer.PredictPath, "{\"inputs\":"u8, length: 2L << 30));

        Assert.Equal((413, """{"error":"Request body is too large"}"""), await connection.ReadAsync());
        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Post_ABodyOfAGigabyteDeclaredAndTenBytesSent_ReservesNothing()
    {
        var before = server.Process.ResidentBytes;
        var connections = new List<RawHttp1>();
        for (var i = 0; i < 50; i++)
        {
            connections.Add(await RawHttp1.ConnectAsync(server.Process.RestPort));
            await connections[^1].SendAsync(RawHttp1.Post("/v1/models/dynamic:predict", "{\"inputs\": [[1,"u8, length: 1L << 30));
        }

        await server.AssertHealthyAsync();

        // Each may have a first block of tensor memory by the declared length, which lies: touched is what came.
        Assert.InRange(server.Process.ResidentBytes, 0, before + (128L << 20));
        connections.ForEach(static c => c.Abort());
        await server.AssertHealthyAsync();
    }

    [Theory]
    [InlineData("Content-Length: -1\r\n\r\n{}")]
    [InlineData("Content-Length: 99999999999999999999\r\n\r\n{}")]
    [InlineData("Content-Length: 1x\r\n\r\n{}")]
    [InlineData("Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{}")]
    [InlineData("Transfer-Encoding: nonsense\r\n\r\n{}")]
    [InlineData("Header without colon\r\n\r\n")]
    [InlineData("Name : x\r\n\r\n")]
    [InlineData("\0: x\r\n\r\n")]
    public async Task Post_FramingThatIsWrong_IsRefusedWith400(string rest)
    {
        using var connection = await RawHttp1.ConnectAsync(server.Process.RestPort);
        await connection.SendAsync(Encoding.Latin1.GetBytes(JsonPost + rest));

        var (status, _) = await connection.ReadAsync();

        Assert.True(status is 400 or 411 or 501, status.ToString(CultureInfo.InvariantCulture));
        await server.AssertHealthyAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n\r\n\r\n")]
    [InlineData("GET\r\n\r\n")]
    [InlineData("GET / HTTP/9.9\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003")]
    [InlineData("POST /v1/models/dummy:predict HTTP/1.1\r\n\r\n")]
    [InlineData("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /\u00ff\u00fe HTTP/1.1\r\nHost: a\r\n\r\n")]
    public async Task Connect_GarbageOnEitherPort_IsClosedOrRefused(string garbage)
    {
        foreach (var port in (int[])[server.Process.RestPort, server.Process.GrpcPort])
        {
            using var connection = await RawHttp1.ConnectAsync(port);
            await connection.SendAsync(Encoding.Latin1.GetBytes(garbage));
            connection.HalfClose();

            var answer = await ReadToEndAsync(connection);

            Assert.DoesNotContain("HTTP/1.1 2", answer, StringComparison.Ordinal);
        }

        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Connect_RandomBytesOnEitherPort_DisturbNobody()
    {
        var random = new Random(1);
        foreach (var port in (int[])[server.Process.RestPort, server.Process.GrpcPort])
        {
            for (var i = 0; i < 200; i++)
            {
                var garbage = new byte[random.Next(1, 2000)];
                random.NextBytes(garbage);
                using var connection = await RawHttp1.ConnectAsync(port);
                await SendToTheEndAsync(connection, [.. i % 2 == 0 ? RawHttp2.Preface : [], .. garbage]);
            }
        }

        await server.AssertHealthyAsync();
    }

    [Theory]
    [InlineData(RawHttp2.Data, 0, 1, 8)] // on an idle stream
    [InlineData(RawHttp2.Headers, 5, 2, 8)] // an even stream
    [InlineData(RawHttp2.Headers, 5, 1, 8)] // no header block
    [InlineData(RawHttp2.Settings, 0, 0, 5)] // no multiple of six
    [InlineData(RawHttp2.Settings, 1, 0, 6)] // an acknowledgement with content
    [InlineData(RawHttp2.Ping, 0, 0, 7)]
    [InlineData(RawHttp2.Ping, 0, 1, 8)]
    [InlineData(RawHttp2.Reset, 0, 1, 4)] // of an idle stream
    [InlineData(8, 0, 0, 4)] // a window update of nothing
    [InlineData(9, 4, 1, 8)] // a continuation of nothing
    public async Task Connect_AFrameThatBreaksTheProtocol_EndsTheConnectionOnly(byte type, byte flags, int stream, int length)
    {
        await using var connection = await RawHttp2.ConnectAsync(server.Process.GrpcPort);
        connection.Queue(type, flags, stream, new byte[length]);
        await connection.FlushAsync();

        Assert.NotEqual(0, await connection.ClosedAsync());
        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Connect_AFrameAboveTheLargestSize_EndsTheConnectionOnly()
    {
        await using var connection = await RawHttp2.ConnectAsync(server.Process.GrpcPort);
        connection.QueueBytes([0xFF, 0xFF, 0xFF, RawHttp2.Data, 0, 0, 0, 0, 1]);
        await connection.FlushAsync();

        Assert.NotEqual(0, await connection.ClosedAsync());
        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Connect_AConnectionThatWaits_StaysOpen()
    {
        await using var connection = await RawHttp2.ConnectAsync(server.Process.GrpcPort);
        for (var i = 0; i < 2; i++)
        {
            // Longer than Kestrel's tick of one second, at which it looks for connections to close.
            await Task.Delay(1500, TestContext.Current.CancellationToken);
            var stream = connection.QueueCall(GrpcClient.Predict);
            connection.QueueData(stream, GrpcClient.Frame(HostileServer.ValidMessage), end: true);
            await connection.FlushAsync();

            var reply = await connection.ReplyAsync(stream);

            Assert.Equal((0, "", -1), (reply.GrpcStatus, reply.Text, reply.ResetCode));
        }
    }

    [Fact]
    public async Task Call_HugeHeaders_AreRefused()
    {
        await using (var connection = await RawHttp2.ConnectAsync(server.Process.GrpcPort))
        {
            var stream = connection.QueueCall(GrpcClient.Predict, end: false, ("x-long", new string('x', 12_000)));
            connection.QueueData(stream, GrpcClient.Frame(HostileServer.ValidMessage), end: true);
            await connection.FlushAsync();
            Assert.Equal(0, (await connection.ReplyAsync(stream)).GrpcStatus);

            for (var i = 0; i < 100; i++)
            {
                connection.Queue(i == 0 ? RawHttp2.Headers : (byte)9, 0, 3, new byte[RawHttp2.MaxFrame - 1]);
            }

            await SendAnywayAsync(connection);
            Assert.NotEqual(0, await connection.ClosedAsync());
        }

        using var rest = await RawHttp1.ConnectAsync(server.Process.RestPort);
        await SendToTheEndAsync(rest, Encoding.ASCII.GetBytes(JsonPost + "x: " + new string('x', 1 << 20) + "\r\n\r\n"));
        using var line = await RawHttp1.ConnectAsync(server.Process.RestPort);
        await SendToTheEndAsync(line, Encoding.ASCII.GetBytes("GET /" + new string('x', 1 << 20) + " HTTP/1.1\r\n\r\n"));
        Assert.True((await rest.ReadAsync()).Status is 0 or 431);
        Assert.True((await line.ReadAsync()).Status is 0 or 414);
        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Predict_AGzipBombByGrpc_IsRefusedByItsInflatedSize()
    {
        var reply = await server.Grpc.SendAsync(GrpcClient.Predict, GrpcClient.Frame(s_bomb.Value, flag: 1), "gzip");

        Assert.Equal(GrpcReply.ResourceExhausted, reply.Status);
        Assert.StartsWith("Received message larger than max (more than ", reply.Text, StringComparison.Ordinal);
        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Post_AGzipBomb_IsRefusedByItsInflatedSize()
    {
        using var connection = await RawHttp1.ConnectAsync(server.Process.RestPort);
        await connection.SendAsync(RawHttp1.Post(HostileServer.PredictPath, s_bomb.Value, "Content-Encoding: gzip\r\n"));

        Assert.Equal((413, """{"error":"Request body is too large"}"""), await connection.ReadAsync());
        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Predict_CompressedBytesThatAreNone_AreRefusedByBothProtocols()
    {
        var good = Gzip(Encoding.ASCII.GetBytes(HostileServer.ValidJson));
        using var connection = await RawHttp1.ConnectAsync(server.Process.RestPort);
        for (var length = 0; length < good.Length; length++)
        {
            await connection.SendAsync(RawHttp1.Post(HostileServer.PredictPath, good.AsSpan(0, length), "Content-Encoding: gzip\r\n"));
            var (status, body) = await connection.ReadAsync();

            // Without the last bytes, which check what came, the text may be whole: then it is answered, and rightly.
            Assert.True(status is 400 or 412 || (status == 200 && length >= good.Length - 10 && body == HostileServer.ValidJsonAnswer), $"{length}: {status} {body}");
        }

        await connection.SendAsync(RawHttp1.Post(HostileServer.PredictPath, good, "Content-Encoding: gzip\r\n"));
        Assert.Equal((200, HostileServer.ValidJsonAnswer), await connection.ReadAsync());

        var message = Gzip(HostileServer.ValidMessage);
        for (var length = 0; length < message.Length; length++)
        {
            var reply = await server.Grpc.SendAsync(GrpcClient.Predict, GrpcClient.Frame(message.AsSpan(0, length), flag: 1), "gzip");
            Assert.Equal((length, GrpcReply.Internal, "A compressed message is malformed"), (length, reply.Status, reply.Text));
        }

        var whole = await server.Grpc.SendAsync(GrpcClient.Predict, GrpcClient.Frame(message, flag: 1), "gzip");
        Assert.Equal(GrpcReply.Ok, whole.Status);
        await server.AssertHealthyAsync();
    }

    [Theory]
    [InlineData(2, null, GrpcReply.Internal, "Bad GRPC frame type 0x02")]
    [InlineData(255, null, GrpcReply.Internal, "Bad GRPC frame type 0xff")]
    [InlineData(1, null, GrpcReply.Internal, "A message is marked as compressed, but grpc-encoding names no encoding")]
    [InlineData(0, "snappy", GrpcReply.Unimplemented, "message encoding snappy is not supported")]
    public async Task Predict_AFlagOrEncodingThatIsNone_IsRefused(byte flag, string? encoding, int status, string text)
    {
        var reply = await server.Grpc.SendAsync(GrpcClient.Predict, GrpcClient.Frame(HostileServer.ValidMessage, flag), encoding);

        Assert.Equal((status, text), (reply.Status, reply.Text));
    }

    [Fact]
    public async Task Predict_SendersOfOneByteAtATime_HoldUpNobody()
    {
        using var stop = new CancellationTokenSource();
        var slow = Enumerable.Range(0, 20).Select(i => SendSlowlyAsync(i % 2 == 0, stop.Token)).ToList();
        for (var i = 0; i < 10; i++)
        {
            await server.AssertHealthyAsync();
        }

        await stop.CancelAsync();
        await Task.WhenAll(slow);
        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Predict_AClientThatSendsNoMore_DisturbsNobody()
    {
        using var rest = await RawHttp1.ConnectAsync(server.Process.RestPort);
        await rest.SendAsync(RawHttp1.Post(HostileServer.PredictPath, Encoding.ASCII.GetBytes(HostileServer.ValidJson)));
        rest.HalfClose();

        // Kestrel takes the end of what the client sends for the end of the connection: the answer may be lost, but never wrong.
        var (status, body) = await rest.ReadAsync();
        Assert.True(status == 0 || (status == 200 && body == HostileServer.ValidJsonAnswer), $"{status} {body}");

        using var cut = await RawHttp1.ConnectAsync(server.Process.RestPort);
        await cut.SendAsync(RawHttp1.Post(HostileServer.PredictPath, "{\"inputs\":"u8, length: 1000));
        cut.HalfClose();
        Assert.True((await cut.ReadAsync()).Status is 0 or 400 or 412);

        await using var grpc = await RawHttp2.ConnectAsync(server.Process.GrpcPort);
        grpc.QueueData(grpc.QueueCall(GrpcClient.Predict), GrpcClient.Frame(HostileServer.ValidMessage).AsSpan(0, 40), end: false);
        await grpc.FlushAsync();
        grpc.HalfClose();
        await grpc.ClosedAsync();
        await server.AssertHealthyAsync();
    }

    private static byte[] Gzip(byte[] data)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(data);
        }

        return packed.ToArray();
    }

    private static byte[] Bomb(byte filler, long length)
    {
        var block = new byte[1 << 20];
        block.AsSpan().Fill(filler);
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            for (; length > 0; length -= block.Length)
            {
                gzip.Write(block);
            }
        }

        return packed.ToArray();
    }

    private static async Task<string> ReadToEndAsync(RawHttp1 connection)
    {
        try
        {
            return await connection.ReadAllAsync();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static async Task SendToTheEndAsync(RawHttp1 connection, byte[] bytes)
    {
        try
        {
            await connection.SendAsync(bytes);
        }
        catch (SocketException)
        {
            // The server had heard enough.
        }
    }

    private static async Task SendAnywayAsync(RawHttp2 connection)
    {
        try
        {
            await connection.FlushAsync();
        }
        catch (SocketException)
        {
            // As above.
        }
    }

    private async Task SendSlowlyAsync(bool byGrpc, CancellationToken stop)
    {
        if (byGrpc)
        {
            await using var connection = await RawHttp2.ConnectAsync(server.Process.GrpcPort);
            var stream = connection.QueueCall(GrpcClient.Predict);
            var frame = GrpcClient.Frame(HostileServer.ValidMessage);
            for (var i = 0; i < frame.Length - 1 && !stop.IsCancellationRequested; i++)
            {
                connection.QueueData(stream, frame.AsSpan(i, 1), end: false);
                await connection.FlushAsync();
                await Task.Delay(50, CancellationToken.None);
            }

            return;
        }

        using var rest = await RawHttp1.ConnectAsync(server.Process.RestPort);
        var request = RawHttp1.Post(HostileServer.PredictPath, Encoding.ASCII.GetBytes(HostileServer.ValidJson));
        for (var i = 0; i < request.Length - 1 && !stop.IsCancellationRequested; i++)
        {
            await rest.SendAsync(request.AsMemory(i, 1));
            await Task.Delay(50, CancellationToken.None);
        }
    }
}
