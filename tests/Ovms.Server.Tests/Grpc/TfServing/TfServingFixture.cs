using System.Net;
using Ovms.Runtime.Tensors;
using Ovms.Server.Dispatch;
using Ovms.Server.Grpc;
using Ovms.Server.Tests.Dispatch;

namespace Ovms.Server.Tests.Grpc.TfServing;

/// <summary>A running server with upstream's <c>dummy</c> and an echo model of several types.</summary>
public sealed class TfServingFixture : IAsyncLifetime
{
    internal static readonly (string Name, ElementType Type, int DataType)[] Types =
    [
        ("f32", ElementType.F32, 1), ("f64", ElementType.F64, 2), ("i32", ElementType.I32, 3), ("u8", ElementType.U8, 4),
        ("i16", ElementType.I16, 5), ("i8", ElementType.I8, 6), ("i64", ElementType.I64, 9), ("bool", ElementType.Boolean, 10),
        ("u16", ElementType.U16, 17), ("f16", ElementType.F16, 19), ("bf16", ElementType.BF16, 14), ("u32", ElementType.U32, 22), ("u64", ElementType.U64, 23),
    ];

    private GrpcServer _server = null!;

    internal EchoModel Slow { get; } = new(("x", ElementType.F32, PartialShape.Of(-1)));

    internal GrpcTestClient Client { get; private set; } = null!;

    internal List<Exception> Defects { get; } = [];

    public async ValueTask InitializeAsync()
    {
        var registry = new ModelRegistry();
        registry.Publish(new ServableVersion("dummy", 1, new FakeModel()));
        registry.Publish(new ServableVersion("pair", 3, new EchoModel(
            ("x", ElementType.F32, PartialShape.Of(-1, 2)), ("y", ElementType.I32, PartialShape.Of(-1)))));
        registry.Publish(new ServableVersion("slow", 1, Slow));
        foreach (var (name, type, _) in Types)
        {
            registry.Publish(new ServableVersion(name, 1, new EchoModel(("x", type, PartialShape.Of(-1)))));
        }

        registry.SetState("states", 1, ModelVersionState.End);
        registry.SetState("states", 2, ModelVersionState.Loading, errorCode: 2);
        registry.AddModel("empty");
        Slow.IsEndless = true;
        _server = new GrpcServer(
            new GrpcServerOptions { Port = 0, BindAddress = IPAddress.Loopback, OnDefect = Defects.Add }, new Dispatcher(registry));
        await _server.StartAsync(CancellationToken.None);
        Client = new GrpcTestClient(_server.Port);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _server.StopAsync(soon.Token);
        await _server.DisposeAsync();
    }

    internal Task<GrpcAnswer> Predict(params byte[][] message) => Call("PredictionService/Predict", message);

    internal Task<GrpcAnswer> Call(string method, params byte[][] message) =>
        Client.CallAsync("/tensorflow.serving." + method, GrpcTestClient.Frame(message.SelectMany(static p => p).ToArray()));
}
