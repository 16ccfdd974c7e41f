using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using Ovms.Runtime.Errors;
using Ovms.Server.Grpc;

namespace Ovms.Server.Tests.Grpc;

/// <summary>The gRPC layer over a real socket, with a service of the test's own.</summary>
public sealed class GrpcServerTests : IAsyncLifetime
{
    private const int MaxBytes = 80 << 20;

    private readonly EchoService _service = new();
    private readonly List<Exception> _defects = [];
    private GrpcServer _server = null!;
    private GrpcTestClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _server = new GrpcServer(
            new GrpcServerOptions
            {
                Port = 0,
                BindAddress = IPAddress.Loopback,
                MaxReceiveMessageBytes = MaxBytes,
                MaxSendMessageBytes = MaxBytes,
                OnDefect = _defects.Add,
            },
            [_service]);
        await _server.StartAsync(CancellationToken.None);
        _client = new GrpcTestClient(_server.Port);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _server.StopAsync(soon.Token);
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    [InlineData(64 << 20)]
    public async Task Call_MessageOfAnySize_ComesBack(int length)
    {
        var message = new byte[length];
        new Random(length).NextBytes(message);

        var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame(message));

        Assert.Equal(200, answer.HttpStatus);
        Assert.Equal(0, answer.Status);
        Assert.Null(answer.RawText);
        Assert.False(answer.IsTrailersOnly);
        Assert.Equal(0, answer.Body[0]);
        Assert.True(message.AsSpan().SequenceEqual(answer.Message));
        Assert.Empty(_defects);
    }

    [Fact]
    public async Task Call_BodySplitAtEveryByte_ComesBack()
    {
        var frame = GrpcTestClient.Frame("split"u8);
        for (var cut = 1; cut < frame.Length; cut++)
        {
            var answer = await _client.CallAsync("/test.Echo/Echo", new PiecesContent(frame[..cut], frame[cut..]), default);

            Assert.Equal(0, answer.Status);
            Assert.Equal("split"u8, answer.Message);
        }

        var bytewise = await _client.CallAsync("/test.Echo/Echo", new PiecesContent(frame.Select(static b => new[] { b }).ToArray()), default);
        Assert.Equal("split"u8, bytewise.Message);
    }

    [Fact]
    public async Task Call_BodyCutAtEveryByte_IsRefused()
    {
        var frame = GrpcTestClient.Frame("cut"u8);
        for (var length = 1; length < frame.Length; length++)
        {
            var answer = await _client.CallAsync("/test.Echo/Echo", frame[..length]);

            Assert.Equal(13, answer.Status);
            Assert.Equal("The request ended inside a message", answer.Text);
            Assert.True(answer.IsTrailersOnly);
        }
    }

    [Theory]
    [InlineData(0x7FFF_FFFFu)]
    [InlineData(0xFFFF_FFFFu)]
    [InlineData((uint)MaxBytes + 1)]
    public async Task Call_DeclaredLengthAboveLimit_IsRefusedBeforeTheBodyComes(uint declared)
    {
        var prefix = new byte[15];
        BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), declared);
        var content = new OpenContent(prefix);

        var answer = await _client.CallAsync("/test.Echo/Echo", content, TestContext.Current.CancellationToken);

        content.Close();
        Assert.Equal(8, answer.Status);
        Assert.Equal($"Received message larger than max ({declared} vs. {MaxBytes})", answer.Text);
    }

    [Fact]
    public async Task Call_UnknownFrameType_IsRefused()
    {
        var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame("x"u8, flag: 2));

        Assert.Equal(13, answer.Status);
        Assert.Equal("Bad GRPC frame type 0x02", answer.Text);
    }

    [Theory]
    [InlineData("/test.Echo/Nothing", "unknown method /test.Echo/Nothing")]
    [InlineData("/other.Service/Echo", "unknown service /other.Service/Echo")]
    [InlineData("/", "unknown service /")]
    public async Task Call_UnknownPath_IsUnimplemented(string path, string text)
    {
        var answer = await _client.CallAsync(path, GrpcTestClient.Frame("x"u8));

        Assert.Equal(200, answer.HttpStatus);
        Assert.Equal(12, answer.Status);
        Assert.Equal(text, answer.Text);
        Assert.True(answer.IsTrailersOnly);
    }

    [Theory]
    [InlineData("application/json", 415)]
    [InlineData("application/grpc-web", 415)]
    [InlineData("application/grpc+proto", 200)]
    [InlineData("application/grpc;charset=utf-8", 200)]
    public async Task Call_ContentType_DecidesHttpStatus(string contentType, int expected)
    {
        var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame("x"u8), ("content-type", contentType));

        Assert.Equal(expected, answer.HttpStatus);
    }

    [Fact]
    public async Task Call_OtherVerb_IsNotAllowed()
    {
        var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame("x"u8), (":method", "PUT"));

        Assert.Equal(405, answer.HttpStatus);
    }

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("Größe 100% ✓\n", "Gr%C3%B6%C3%9Fe 100%25 %E2%9C%93%0A")]
    public async Task Fail_Text_IsPercentEncoded(string text, string encoded)
    {
        var answer = await _client.CallAsync("/test.Echo/Fail", GrpcTestClient.Frame(System.Text.Encoding.UTF8.GetBytes(text)));

        Assert.Equal(5, answer.Status);
        Assert.Equal(encoded, answer.RawText);
        Assert.Equal(text, answer.Text);
        Assert.True(answer.IsTrailersOnly);
    }

    [Fact]
    public async Task Call_ServiceThrows_IsInternalAndReported()
    {
        var answer = await _client.CallAsync("/test.Echo/Throw", GrpcTestClient.Frame("x"u8));
        var next = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame("x"u8));

        Assert.Equal(13, answer.Status);
        Assert.Equal("Internal server error", answer.Text);
        Assert.Equal("a defect", Assert.Single(_defects).Message);
        Assert.Equal(0, next.Status);
    }

    [Fact]
    public async Task Call_ServiceForgetsToEnd_IsInternal()
    {
        var answer = await _client.CallAsync("/test.Echo/Forget", GrpcTestClient.Frame("x"u8));

        Assert.Equal(13, answer.Status);
    }

    [Fact]
    public async Task Call_SeveralMessages_AreAnsweredOneByOne()
    {
        var answer = await _client.CallAsync("/test.Echo/Stream", [.. GrpcTestClient.Frame("one"u8), .. GrpcTestClient.Frame("two"u8)]);

        Assert.Equal(0, answer.Status);
        Assert.Equal([.. GrpcTestClient.Frame("one"u8), .. GrpcTestClient.Frame("two"u8)], answer.Body);
    }

    [Fact]
    public async Task Call_Gzip_IsReadAndAnswered()
    {
        var message = new byte[3 << 20];
        message.AsSpan(0, 1 << 20).Fill(7);

        var answer = await _client.CallAsync(
            "/test.Echo/Echo", GrpcTestClient.Frame(Gzip(message), flag: 1), ("grpc-encoding", "gzip"), ("grpc-accept-encoding", "identity, gzip"));

        Assert.Equal(0, answer.Status);
        Assert.Equal("gzip", answer.Encoding);
        Assert.Equal(1, answer.Body[0]);
        Assert.True(answer.Body.Length < 100_000);
        Assert.Equal(message, Gunzip(answer.Message));
    }

    [Fact]
    public async Task Call_GzipWithoutAccept_IsAnsweredPlain()
    {
        var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame(Gzip("hello"u8.ToArray()), flag: 1), ("grpc-encoding", "gzip"));

        Assert.Equal(0, answer.Status);
        Assert.Null(answer.Encoding);
        Assert.Equal("hello"u8, answer.Message);
    }

    [Fact]
    public async Task Call_GzipNegotiatedButMessagePlain_IsRead()
    {
        var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame("plain"u8), ("grpc-encoding", "gzip"));

        Assert.Equal("plain"u8, answer.Message);
    }

    [Fact]
    public async Task Call_GzipBomb_IsRefused()
    {
        using var bomb = new MemoryStream();
        using (var gzip = new GZipStream(bomb, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var written = 0; written <= MaxBytes; written += zeros.Length)
            {
                gzip.Write(zeros);
            }
        }

        var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame(bomb.ToArray(), flag: 1), ("grpc-encoding", "gzip"));

        Assert.Equal(8, answer.Status);
        Assert.StartsWith("Received message larger than max", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_GzipCutAtEveryByte_IsRefused()
    {
        var compressed = Gzip("some text that gzip makes longer"u8.ToArray());
        for (var length = 1; length < compressed.Length; length++)
        {
            var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame(compressed.AsSpan(0, length), flag: 1), ("grpc-encoding", "gzip"));

            Assert.Equal(13, answer.Status);
            Assert.Equal("A compressed message is malformed", answer.Text);
        }
    }

    [Fact]
    public async Task Call_UnknownEncoding_IsUnimplementedAndNamesTheKnown()
    {
        var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame("x"u8, flag: 1), ("grpc-encoding", "snappy"));

        Assert.Equal(12, answer.Status);
        Assert.Equal("message encoding snappy is not supported", answer.Text);
        Assert.Equal("identity,gzip", answer.AcceptEncoding);
    }

    [Fact]
    public async Task Call_CompressedFlagWithoutEncoding_IsRefused()
    {
        var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame("x"u8, flag: 1));

        Assert.Equal(13, answer.Status);
    }

    [Theory]
    [InlineData("20m")]
    [InlineData("20000u")]
    [InlineData("1n")]
    public async Task Deadline_WhileServiceWorks_EndsIt(string timeout)
    {
        var answer = await _client.CallAsync("/test.Echo/Wait", GrpcTestClient.Frame("x"u8), ("grpc-timeout", timeout));

        Assert.Equal(4, answer.Status);
    }

    [Fact]
    public async Task Deadline_WhileBodyIsAwaited_EndsTheCall()
    {
        var content = new OpenContent(new byte[3]);

        var answer = await _client.CallAsync("/test.Echo/Echo", content, TestContext.Current.CancellationToken, ("grpc-timeout", "20m"));

        content.Close();
        Assert.Equal(4, answer.Status);
        Assert.Equal("Deadline exceeded", answer.Text);
    }

    [Fact]
    public async Task Deadline_Zero_EndsTheCallAtOnce()
    {
        var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame("x"u8), ("grpc-timeout", "0S"));

        Assert.Equal(4, answer.Status);
    }

    [Fact]
    public async Task Deadline_Far_DoesNotHurt()
    {
        var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame("x"u8), ("grpc-timeout", "99999999H"));

        Assert.Equal(0, answer.Status);
    }

    [Fact]
    public async Task Deadline_Malformed_IsRefused()
    {
        var answer = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame("x"u8), ("grpc-timeout", "1x"));

        Assert.Equal(13, answer.Status);
        Assert.Equal("malformed grpc-timeout: 1x", answer.Text);
    }

    [Fact]
    public async Task Cancel_ClientResetsTheStream_EndsTheWork()
    {
        using var cancel = new CancellationTokenSource();
        var call = _client.CallAsync("/test.Echo/Wait", new ByteArrayContent(GrpcTestClient.Frame("x"u8)), cancel.Token);
        await Until(() => _service.Waiting == 1);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Until(() => _service.Waiting == 0);
        Assert.Equal(InferenceError.Cancelled, Assert.Single(_service.Cancellations));
    }

    [Fact]
    public async Task Cancel_ConnectionGoes_EndsTheWork()
    {
        var client = new GrpcTestClient(_server.Port);
        var call = client.CallAsync("/test.Echo/Wait", GrpcTestClient.Frame("x"u8));
        await Until(() => _service.Waiting == 1);

        client.Dispose();

        await Assert.ThrowsAnyAsync<Exception>(() => call);
        await Until(() => _service.Waiting == 0);
    }

    [Fact]
    public async Task Cancel_WhileBodyIsAwaited_LeavesTheServerWell()
    {
        using var cancel = new CancellationTokenSource();
        var content = new OpenContent(new byte[7]);
        var call = _client.CallAsync("/test.Echo/Echo", content, cancel.Token);
        await content.Sent;

        await cancel.CancelAsync();
        content.Close();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(0, (await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame("x"u8))).Status);
        Assert.Empty(_defects);
    }

    [Fact]
    public async Task Call_ThousandAtOnceOnOneConnection_AllRunTogether()
    {
        const int count = 1000;
        var calls = Enumerable.Range(0, count)
            .Select(_ => _client.CallAsync("/test.Echo/Wait", GrpcTestClient.Frame("x"u8), ("grpc-timeout", "1M"))).ToArray();

        await Until(() => _service.Waiting == count);
        var echo = await _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame("still served"u8));

        _service.Release();
        Assert.Equal("still served"u8, echo.Message);
        Assert.All(await Task.WhenAll(calls), static answer => Assert.Equal(1, answer.Status));
    }

    [Fact]
    public async Task Call_LargeMessagesAtOnce_AllComeBack()
    {
        var messages = Enumerable.Range(1, 8).Select(static i =>
        {
            var message = new byte[(i * 700_000) + i];
            new Random(i).NextBytes(message);
            return message;
        }).ToArray();

        var answers = await Task.WhenAll(messages.Select(m => _client.CallAsync("/test.Echo/Echo", GrpcTestClient.Frame(m))));

        Assert.All(messages.Zip(answers), static pair => Assert.True(pair.First.AsSpan().SequenceEqual(pair.Second.Message)));
    }

    [Theory]
    [InlineData("/test.Echo/Echo", true)]
    [InlineData("/test.Echo/Fail", true)]
    [InlineData("/test.Echo/Nothing", true)]
    [InlineData("/test.Echo/Nothing", false)]
    public async Task Answer_EndOfRequestComesInItsOwnFrame_IsWaitedForAndNothingReset(string path, bool messageFirst)
    {
        using var raw = await RawHttp2Client.ConnectAsync(_server.Port);
        var message = GrpcTestClient.Frame("x"u8);
        await raw.SendHeadersAsync(1, path);
        if (messageFirst)
        {
            await raw.SendAsync(RawHttp2Client.Data, 0, 1, message);
        }

        await Task.Delay(50, TestContext.Current.CancellationToken); // time to answer too early
        var early = await raw.FramesBeforePongAsync(1);
        if (!messageFirst)
        {
            await raw.SendAsync(RawHttp2Client.Data, 0, 1, message);
        }

        await raw.SendAsync(RawHttp2Client.Data, RawHttp2Client.EndStream, 1, []);
        var answer = await raw.FramesOfAnswerAsync(1);
        var late = await raw.FramesBeforePongAsync(1);

        Assert.Empty(early);
        Assert.Equal(RawHttp2Client.Headers, answer[^1].Type);
        Assert.DoesNotContain(answer.Concat(late), static frame => frame.Type == RawHttp2Client.RstStream);
    }

    [Fact]
    public async Task Answer_EndOfRequestNeverComes_IsSentNevertheless()
    {
        using var raw = await RawHttp2Client.ConnectAsync(_server.Port);
        await raw.SendHeadersAsync(1, "/test.Echo/Echo");
        await raw.SendAsync(RawHttp2Client.Data, 0, 1, GrpcTestClient.Frame("x"u8));

        var answer = await raw.FramesOfAnswerAsync(1);

        Assert.Equal((RawHttp2Client.Headers, RawHttp2Client.EndStream), (answer[^1].Type, (byte)(answer[^1].Flags & RawHttp2Client.EndStream)));
    }

    [Fact]
    public async Task Answer_ClientSendsOnAfterRefusal_OtherCallsGoOn()
    {
        using var raw = await RawHttp2Client.ConnectAsync(_server.Port);
        await raw.SendHeadersAsync(1, "/test.Echo/Echo");
        await raw.SendAsync(RawHttp2Client.Data, 0, 1, [0, 0x7F, 0xFF, 0xFF, 0xFF]);
        var refused = await raw.FramesOfAnswerAsync(1);

        await raw.SendAsync(RawHttp2Client.Data, 0, 1, new byte[1000]);
        await raw.SendHeadersAsync(3, "/test.Echo/Echo");
        await raw.SendAsync(RawHttp2Client.Data, RawHttp2Client.EndStream, 3, GrpcTestClient.Frame("x"u8));
        var answer = await raw.FramesOfAnswerAsync(3);

        Assert.Equal(RawHttp2Client.Headers, refused[^1].Type);
        Assert.Equal((RawHttp2Client.Headers, RawHttp2Client.EndStream), (answer[^1].Type, (byte)(answer[^1].Flags & RawHttp2Client.EndStream)));
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }

    private static byte[] Gunzip(byte[] bytes)
    {
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var output = new MemoryStream();
        gzip.CopyTo(output);
        return output.ToArray();
    }

    private static async Task Until(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>A body sent in pieces, each in a frame of its own.</summary>
    private sealed class PiecesContent(params byte[][] pieces) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var piece in pieces)
            {
                await stream.WriteAsync(piece);
                await stream.FlushAsync();
                await Task.Yield();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>A body that begins and does not end until it is told to.</summary>
    private sealed class OpenContent(byte[] start) : HttpContent
    {
        private readonly TaskCompletionSource _close = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Sent => _sent.Task;

        public void Close() => _close.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(start);
            await stream.FlushAsync();
            _sent.TrySetResult();
            await _close.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
