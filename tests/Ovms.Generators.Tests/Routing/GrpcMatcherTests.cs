using System.Reflection;

namespace Ovms.Generators.Tests.Routing;

/// <summary>The generated gRPC matcher, compiled and run.</summary>
public sealed class GrpcMatcherTests
{
    internal const string Source = """
        using Ovms.Server.Grpc;
        using Ovms.Server.Routing;

        namespace Sample;

        [GrpcService("pkg.Service")]
        internal sealed partial class Service
        {
            [GrpcMethod("Predict")]
            private ValueTask PredictAsync(GrpcCall call) => ValueTask.CompletedTask;

            [GrpcMethod("Regress")]
            private ValueTask RegressAsync(GrpcCall call) => ValueTask.FromException(new InvalidOperationException("regress"));

            [GrpcMethod("Status")]
            private static ValueTask Status(GrpcCall call) => ValueTask.CompletedTask;

            public static int Probe(string path) => new Service().Match(System.Text.Encoding.UTF8.GetBytes(path));

            public static string? Run(int method) => new Service().InvokeAsync(method, null!).AsTask().Exception?.InnerException?.Message;
        }
        """;

    private static readonly Lazy<Type> s_service = new(static () => RoutingCompilation.Load(Source).GetType("Sample.Service")!);

    [Theory]
    [InlineData("/pkg.Service/Predict", 0)]
    [InlineData("/pkg.Service/Regress", 1)]
    [InlineData("/pkg.Service/Status", 2)]
    [InlineData("/pkg.Service/predict", -1)]
    [InlineData("/pkg.Service/", -1)]
    [InlineData("/pkg.Service/Predict/", -1)]
    [InlineData("/pkg.Service", -2)]
    [InlineData("/pkg.Services/Predict", -2)]
    [InlineData("//pkg.Service/Predict", -2)]
    [InlineData("", -2)]
    public void Match_Path_GivesMethodNumber(string path, int expected)
    {
        Assert.Equal(expected, Static("Probe").Invoke(null, [path]));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "regress")]
    [InlineData(2, null)]
    public void InvokeAsync_Number_RunsItsHandler(int method, string? expected)
    {
        Assert.Equal(expected, Static("Run").Invoke(null, [method]));
    }

    private static MethodInfo Static(string name) => s_service.Value.GetMethod(name)!;
}
