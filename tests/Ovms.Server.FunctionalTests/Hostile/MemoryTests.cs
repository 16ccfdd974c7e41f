using System.Text;
using Google.Protobuf;
using Ovms.Server.FunctionalTests.Clients;
using Ovms.Server.Tests.Reference;

namespace Ovms.Server.FunctionalTests.Hostile;

/// <summary>Clients that go away in the middle of large bodies, again and again: what they made the server reserve comes back.</summary>
public sealed class MemoryTests(HostileServer server) : IClassFixture<HostileServer>
{
    private const int BodyBytes = 16 << 20;
    private const int WarmUp = 20;
    private const int Rounds = 40;

    // 80 bodies go away, 1,280 MB: a leak of each tenth one would show. After the pools have filled the process was seen to go between 150 and
    // 230 MB over 180 rounds, as the collector pleases, and not to grow.
    private const long Allowed = 128 << 20;

    [Fact]
    public async Task Predict_ClientsThatGoAwayInsideSixteenMegabytes_LeaveNoMemoryBehind()
    {
        var (message, json) = (Message(), Json());
        await FinishAsync(message, json);
        for (var i = 0; i < WarmUp; i++)
        {
            await AbandonAsync(message, json);
        }

        var warm = await SettleAsync();
        for (var i = 0; i < Rounds; i++)
        {
            await AbandonAsync(message, json);
        }

        var after = await SettleAsync();

        Assert.True(after <= warm + Allowed, $"{warm >> 20} MB after warm-up, {after >> 20} MB after {Rounds} abandoned bodies by each protocol");
        await FinishAsync(message, json);
        await server.AssertHealthyAsync();
    }

    private static byte[] Message()
    {
        var tensor = new TensorProto { Dtype = DataType.DtFloat, TensorShape = new TensorShapeProto(), TensorContent = ByteString.CopyFrom(new byte[BodyBytes / 40 * 40]) };
        tensor.TensorShape.Dim.Add(new TensorShapeProto.Types.Dim { Size = BodyBytes / 40 });
        tensor.TensorShape.Dim.Add(new TensorShapeProto.Types.Dim { Size = 10 });
        var request = new PredictRequest { ModelSpec = new ModelSpec { Name = "dynamic" } };
        request.Inputs.Add("input", tensor);
        return GrpcClient.Frame(request.ToByteArray());
    }

    private static byte[] Json()
    {
        var row = "[0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]";
        var body = new StringBuilder("{\"inputs\": [", BodyBytes).Append(row);
        while (body.Length < BodyBytes)
        {
            body.Append(", ").Append(row);
        }

        return RawHttp1.Post("/v1/models/dynamic:predict", Encoding.ASCII.GetBytes(body.Append("]}").ToString()));
    }

    private async Task FinishAsync(byte[] message, byte[] json)
    {
        var reply = await server.Grpc.SendAsync(GrpcClient.Predict, message);
        Assert.Equal((GrpcReply.Ok, ""), (reply.Status, reply.Text));
        using var rest = await RawHttp1.ConnectAsync(server.Process.RestPort);
        await rest.SendAsync(json);
        Assert.Equal(200, (await rest.ReadAsync()).Status);
    }

    // All but the end is sent, so that the server holds nearly the whole body when the client goes.
    private async Task AbandonAsync(byte[] message, byte[] json)
    {
        await using (var grpc = await RawHttp2.ConnectAsync(server.Process.GrpcPort))
        {
            var stream = grpc.QueueCall(GrpcClient.Predict);
            grpc.QueueData(stream, message.AsSpan(0, message.Length - 1000), end: false);
            await grpc.FlushAsync();
        }

        using var rest = await RawHttp1.ConnectAsync(server.Process.RestPort);
        await rest.SendAsync(json.AsMemory(0, json.Length - 1000));
        rest.Abort();
    }

    // Small requests keep the server's collector going; the smallest of several readings is what it needs.
    private async Task<long> SettleAsync()
    {
        var least = long.MaxValue;
        for (var i = 0; i < 10; i++)
        {
            await server.AssertHealthyAsync();
            await Task.Delay(200, TestContext.Current.CancellationToken);
            least = Math.Min(least, server.Process.ResidentBytes);
        }

        return least;
    }
}
