namespace Ovms.Generators.Tests.Routing;

public sealed class RoutingDiagnosticsTests
{
    [Theory]
    [InlineData("OVMS0101", "C", "[RestEndpoints] class C { [RestRoute(\"GET\", \"/a\")] void A() { } }")]
    [InlineData("OVMS0101", "C", "[RestEndpoints] partial class C<T> { [RestRoute(\"GET\", \"/a\")] void A() { } }")]
    [InlineData("OVMS0101", "C", "partial class O { [GrpcService(\"a.B\")] partial class C { } }")]
    [InlineData("OVMS0102", "RestRoute(\"GET\", \"a\")", "[RestEndpoints] partial class C { [RestRoute(\"GET\", \"a\")] void A() { } }")]
    [InlineData("OVMS0102", "RestRoute(\"GET\", \"/a[/b\")", "[RestEndpoints] partial class C { [RestRoute(\"GET\", \"/a[/b\")] void A() { } }")]
    [InlineData("OVMS0102", "RestRoute(\"GET\", \"/{a\")", "[RestEndpoints] partial class C { [RestRoute(\"GET\", \"/{a\")] void A() { } }")]
    [InlineData("OVMS0102", "RestRoute(\"GET\", \"/{a:x}\")", "[RestEndpoints] partial class C { [RestRoute(\"GET\", \"/{a:x}\")] void A() { } }")]
    [InlineData("OVMS0102", "RestRoute(\"GET\", \"/{a}b\")", "[RestEndpoints] partial class C { [RestRoute(\"GET\", \"/{a}b\")] void A() { } }")]
    [InlineData("OVMS0102", "RestRoute(\"GET\", \"/{a}/{a}\")", "[RestEndpoints] partial class C { [RestRoute(\"GET\", \"/{a}/{a}\")] void A() { } }")]
    [InlineData("OVMS0102", "RestRoute(\"GET\", \"/[a[b]]\")", "[RestEndpoints] partial class C { [RestRoute(\"GET\", \"/[a[b]]\")] void A() { } }")]
    [InlineData("OVMS0103", "RestRoute(\"get\", \"/a\")", "[RestEndpoints] partial class C { [RestRoute(\"get\", \"/a\")] void A() { } }")]
    [InlineData("OVMS0104", "RestRoute(\"GET\", \"/b\")", "[RestEndpoints] partial class C { [RestRoute(\"GET\", \"/b[/c]\"), RestRoute(\"GET\", \"/b\")] void A() { } }")]
    [InlineData("OVMS0105", "B", "[RestEndpoints] partial class C { [RestRoute(\"GET\", \"/a\")] void A(int x) { } [RestRoute(\"GET\", \"/b\")] void B() { } }")]
    [InlineData("OVMS0106", "A", "[GrpcService(\"a.B\")] partial class C { [GrpcMethod(\"A\")] void A(GrpcCall call) { } }")]
    [InlineData("OVMS0106", "A", "[GrpcService(\"a.B\")] partial class C { [GrpcMethod(\"A\")] ValueTask A() => default; }")]
    [InlineData("OVMS0107", "B", "[GrpcService(\"a.B\")] partial class C { [GrpcMethod(\"A\")] ValueTask A(GrpcCall c) => default; [GrpcMethod(\"A\")] ValueTask B(GrpcCall c) => default; }")]
    [InlineData("OVMS0108", "GrpcService(\"a/B\")", "[GrpcService(\"a/B\")] partial class C { }")]
    [InlineData("OVMS0108", "GrpcMethod(\"A.B\")", "[GrpcService(\"a.B\")] partial class C { [GrpcMethod(\"A.B\")] ValueTask A(GrpcCall c) => default; }")]
    [InlineData("OVMS0109", "A", "partial class C { [RestRoute(\"GET\", \"/a\")] void A() { } }")]
    [InlineData("OVMS0109", "A", "partial class C { [GrpcMethod(\"A\")] ValueTask A(GrpcCall c) => default; }")]
    public void Generator_BadEndpoint_ReportsIdAndPlace(string id, string place, string endpoint)
    {
        var source = "using Ovms.Server.Grpc; using Ovms.Server.Routing;\n" + endpoint;

        var diagnostic = Assert.Single(RoutingCompilation.Diagnose(source));

        Assert.Equal(id, diagnostic.Id);
        Assert.Equal("Endpoints.cs", diagnostic.Location.GetLineSpan().Path);
        Assert.Equal(place, source.Substring(diagnostic.Location.SourceSpan.Start, diagnostic.Location.SourceSpan.Length));
    }
}
