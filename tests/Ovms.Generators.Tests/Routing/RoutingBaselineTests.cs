using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Ovms.Generators.Routing;
using Ovms.Tests.Shared;

namespace Ovms.Generators.Tests.Routing;

/// <summary>Emitted code against files under <c>Baselines</c>; OVMS_UPDATE_BASELINES=1 rewrites them.</summary>
public sealed class RoutingBaselineTests
{
    private const string Rest = """
        using Ovms.Server.Routing;

        namespace Sample;

        [RestEndpoints]
        internal static partial class Rest
        {
            [RestRoute("POST", "?/v1/models/{model}[/versions/{version:digits}]:predict")]
            private static void Predict(in int call) { }

            [RestRoute("GET", "/v1/config")]
            private static void Config(in int other) { }
        }
        """;

    [Theory]
    [InlineData("Sample.Rest.Routes.g.cs")]
    [InlineData("Sample.Service.Routes.g.cs")]
    [InlineData("Ovms.Server.Routing.RouteCatalog.g.cs")]
    public void Generator_SampleEndpoints_EmitsBaseline(string hint)
    {
        var emitted = RoutingCompilation.Generated(Rest + GrpcMatcherTests.Source.Replace("using", "//").Replace("namespace", "//")
            .Replace("GrpcCall", "Ovms.Server.Grpc.GrpcCall"), hint);
        var path = Path.Combine(Repository.Root, "tests/Ovms.Generators.Tests/Routing/Baselines", hint + ".txt");

        if (Environment.GetEnvironmentVariable("OVMS_UPDATE_BASELINES") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, emitted);
        }

        Assert.Equal(File.ReadAllText(path), emitted);
    }

    [Fact]
    public void Generator_UnrelatedEdit_RegeneratesNothing()
    {
        var compilation = RoutingCompilation.Create(Rest);
        var driver = RoutingCompilation.Driver().RunGenerators(compilation, TestContext.Current.CancellationToken);

        var edited = compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Unrelated { }", (CSharpParseOptions)compilation.SyntaxTrees[0].Options,
            cancellationToken: TestContext.Current.CancellationToken));
        var result = driver.RunGenerators(edited, TestContext.Current.CancellationToken).GetRunResult().Results[0];

        Assert.All(result.TrackedSteps[RoutingGenerator.ClassesStep].SelectMany(static s => s.Outputs), static o =>
            Assert.True(o.Reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, o.Reason.ToString()));
        Assert.All(result.TrackedOutputSteps.SelectMany(static s => s.Value).SelectMany(static s => s.Outputs), static o =>
            Assert.Equal(IncrementalStepRunReason.Cached, o.Reason));
    }

    [Fact]
    public void Generator_EditAboveTheClass_RegeneratesNothing()
    {
        var compilation = RoutingCompilation.Create(Rest);
        var driver = RoutingCompilation.Driver().RunGenerators(compilation, TestContext.Current.CancellationToken);

        var tree = compilation.SyntaxTrees[^1];
        var moved = CSharpSyntaxTree.ParseText("// a comment\n" + Rest, (CSharpParseOptions)tree.Options, tree.FilePath,
            cancellationToken: TestContext.Current.CancellationToken);
        var result = driver.RunGenerators(compilation.ReplaceSyntaxTree(tree, moved), TestContext.Current.CancellationToken).GetRunResult().Results[0];

        Assert.All(result.TrackedOutputSteps.SelectMany(static s => s.Value).SelectMany(static s => s.Outputs), static o =>
            Assert.Equal(IncrementalStepRunReason.Cached, o.Reason));
    }
}
