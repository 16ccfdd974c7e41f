using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Ovms.Server.FunctionalTests.Clients;
using Ovms.Server.Tests.Reference;

namespace Ovms.Server.FunctionalTests.Hostile;

/// <summary>Right requests, cut at every byte and changed at random: 10⁵ of them, over connections that stay open, judged one by one.</summary>
public sealed class MutationTests(HostileServer server) : IClassFixture<HostileServer>
{
    // 2 × 4 × 12,500 requests.
    private const int Connections = 4;
    private const int RequestsPerConnection = 12_500;
    private const int Batch = 250;

    private static readonly string[] s_jsonSeeds =
    [
        HostileServer.ValidJson,
        """{"inputs": {"b": [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]}}""",
        """{"signature_name": "serving_default", "instances": [{"b": [0.5, -1e3, 2.25, 3, 4, 5, 6, 7, 8, 9]}]}""",
    ];

    [Fact]
    public async Task Predict_EveryPrefixAsAMessage_IsJudgedAsTheReferenceReadsIt()
    {
        var valid = HostileServer.ValidMessage;
        for (var length = 0; length <= valid.Length; length++)
        {
            var reply = await server.Grpc.SendAsync(GrpcClient.Predict, GrpcClient.Frame(valid.AsSpan(0, length)));

            AssertAnswer(valid[..length], reply.Status, reply.Text, reply.Message);
        }

        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Predict_ABodyCutAtEveryByte_IsRefused()
    {
        var frame = GrpcClient.Frame(HostileServer.ValidMessage);
        for (var length = 0; length < frame.Length; length++)
        {
            var reply = await server.Grpc.SendAsync(GrpcClient.Predict, frame.AsMemory(0, length));

            Assert.Equal((length, GrpcReply.Internal, length == 0 ? "The request holds no message" : "The request ended inside a message"), (length, reply.Status, reply.Text));
        }

        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Predict_AConnectionCutAtEveryByte_DisturbsNobody()
    {
        var frame = GrpcClient.Frame(HostileServer.ValidMessage);
        for (var length = 0; length < frame.Length; length++)
        {
            await using var connection = await RawHttp2.ConnectAsync(server.Process.GrpcPort);
            connection.QueueData(connection.QueueCall(GrpcClient.Predict), frame.AsSpan(0, length), end: false);
            await connection.FlushAsync();
        }

        var request = RawHttp1.Post(HostileServer.PredictPath, Encoding.UTF8.GetBytes(HostileServer.ValidJson));
        for (var length = 1; length < request.Length; length++)
        {
            using var connection = await RawHttp1.ConnectAsync(server.Process.RestPort);
            await connection.SendAsync(request.AsMemory(0, length));
        }

        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Predict_AMessageInTwoPieces_IsAnswered()
    {
        var frame = GrpcClient.Frame(HostileServer.ValidMessage);
        await using var connection = await RawHttp2.ConnectAsync(server.Process.GrpcPort);
        for (var cut = 0; cut <= frame.Length; cut++)
        {
            var stream = connection.QueueCall(GrpcClient.Predict);
            connection.QueueData(stream, frame.AsSpan(0, cut), end: false);
            await connection.FlushAsync();
            connection.QueueData(stream, frame.AsSpan(cut), end: true);
            await connection.FlushAsync();

            var reply = await connection.ReplyAsync(stream);

            Assert.Equal((cut, 0, ""), (cut, reply.GrpcStatus, reply.Text));
            Assert.Equal(HostileServer.ValidMessageAnswer, reply.Body[5..]);
        }
    }

    [Fact]
    public async Task Predict_EveryPrefixOfAJsonBody_IsRefused()
    {
        using var connection = await RawHttp1.ConnectAsync(server.Process.RestPort);
        foreach (var seed in s_jsonSeeds)
        {
            for (var length = 0; length < seed.Length; length++)
            {
                await connection.SendAsync(RawHttp1.Post(HostileServer.PredictPath, Encoding.UTF8.GetBytes(seed[..length])));
                var (status, body) = await connection.ReadAsync();

                Assert.Equal((length, 412), (length, status));
                Assert.StartsWith("{\"error\":\"The file is not valid json - Error: ", body, StringComparison.Ordinal);
            }
        }

        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Predict_RandomMutationsByGrpc_AreJudgedAsTheReferenceReadsThem()
    {
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(seed => Task.Run(() => MutateGrpcAsync(seed))));

        await server.AssertHealthyAsync();
    }

    [Fact]
    public async Task Predict_RandomMutationsByRest_AreAnsweredOneByOne()
    {
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(seed => Task.Run(() => MutateRestAsync(seed))));

        await server.AssertHealthyAsync();
    }

    private async Task MutateGrpcAsync(int seed)
    {
        var random = new Random(seed);
        await using var connection = await RawHttp2.ConnectAsync(server.Process.GrpcPort);
        var batch = new List<(int Stream, byte[] Message)>();
        for (var sent = 0; sent < RequestsPerConnection; sent += Batch)
        {
            batch.Clear();
            for (var i = 0; i < Batch; i++)
            {
                var message = Mutate(HostileServer.ValidMessage, random);
                var stream = connection.QueueCall(GrpcClient.Predict);
                connection.QueueData(stream, GrpcClient.Frame(message), end: true);
                batch.Add((stream, message));
            }

            await connection.FlushAsync();
            foreach (var (stream, message) in batch)
            {
                var reply = await connection.ReplyAsync(stream);
                AssertAnswer(message, reply.GrpcStatus, reply.Text, reply.Body.Length > 5 ? reply.Body[5..] : []);
            }
        }
    }

    private async Task MutateRestAsync(int seed)
    {
        var random = new Random(seed);
        using var connection = await RawHttp1.ConnectAsync(server.Process.RestPort);
        var requests = new MemoryStream();
        var bodies = new List<byte[]>();
        for (var sent = 0; sent < RequestsPerConnection; sent += Batch)
        {
            requests.SetLength(0);
            bodies.Clear();
            for (var i = 0; i < Batch; i++)
            {
                var body = Mutate(Encoding.UTF8.GetBytes(s_jsonSeeds[random.Next(s_jsonSeeds.Length)]), random);
                requests.Write(RawHttp1.Post(HostileServer.PredictPath, body));
                bodies.Add(body);
            }

            var sending = connection.SendAsync(requests.ToArray());
            foreach (var body in bodies)
            {
                var (status, answer) = await connection.ReadAsync();
                AssertAnswer(body, status, answer);
            }

            await sending;
        }
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        var bytes = valid.ToList();
        for (var changes = random.Next(1, 4); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at));
                    break;
                case 4:
                    bytes.InsertRange(at, valid.Take(random.Next(1, valid.Length)));
                    break;
                default:
                    bytes[at] = bytes[random.Next(bytes.Count)];
                    break;
            }
        }

        return [.. bytes];
    }

    private static void AssertAnswer(byte[] message, int status, string text, byte[] answer)
    {
        var want = DummyOracle.Judge(message, out var outputs);
        var about = Convert.ToHexString(message);

        // The other models of the server are none of the oracle's business.
        Assert.Equal((about, want.Status, want.Text), (about, status, text));
        if (outputs is not null)
        {
            var tensor = Assert.Single(PredictResponse.Parser.ParseFrom(answer).Outputs).Value;
            var got = MemoryMarshal.Cast<byte, float>(tensor.TensorContent.Span).ToArray();
            Assert.True(outputs.AsSpan().SequenceEqual(got), about);
        }
    }

    private static void AssertAnswer(byte[] body, int status, string answer)
    {
        var text = Encoding.Latin1.GetString(body);
        Assert.True(status is 200 or 400 or 412 or 501, $"{status} {answer} to {text}");
        if (status != 200)
        {
            var message = JsonElement.Parse(answer).GetProperty("error").GetString()!;
            Assert.Equal(status == 412, message.StartsWith("The file is not valid json - Error: ", StringComparison.Ordinal));
        }

        // What the framework's reader calls JSON is JSON here too and the reverse, outside the known differences: bytes that are no ASCII, a NUL that ends
        // the text, NaN and Infinity, numbers beyond a double.
        if (Array.TrueForAll(body, static b => b is > 0 and < 128) && text.AsSpan().IndexOfAny("NI\\") < 0 && !answer.Contains("too big", StringComparison.Ordinal))
        {
            Assert.True(IsJson(body) == (status != 412), $"{status} {answer} to {text}");
        }
    }

    private static bool IsJson(byte[] body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 1000 });
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
