using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Ovms.Generators.Routing;
using Ovms.Tests.Shared;

namespace Ovms.Generators.Tests.Routing;

/// <summary>Compiles endpoint sources with the server's own routing types and runs the generator over them.</summary>
internal static class RoutingCompilation
{
    private const string GrpcContract = """
        namespace Ovms.Server.Grpc
        {
            public abstract class GrpcCall { }

            internal interface IGrpcService
            {
                const int UnknownMethod = -1;
                const int OtherService = -2;
                int Match(System.ReadOnlySpan<byte> path);
                System.Threading.Tasks.ValueTask InvokeAsync(int method, GrpcCall call);
            }
        }
        """;

    private static readonly CSharpParseOptions s_parseOptions = new(LanguageVersion.CSharp13);

    public static CSharpCompilation Create(string source)
    {
        var trees = Directory.GetFiles(Path.Combine(Repository.Root, "src/Ovms.Server/Routing"), "*.cs")
            .Select(static path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), s_parseOptions, path))
            .Append(CSharpSyntaxTree.ParseText("global using System; global using System.Threading.Tasks;", s_parseOptions))
            .Append(CSharpSyntaxTree.ParseText(GrpcContract, s_parseOptions))
            .Append(CSharpSyntaxTree.ParseText(source, s_parseOptions, "Endpoints.cs"));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(static path => MetadataReference.CreateFromFile(path));
        return CSharpCompilation.Create("Endpoints", trees, references, new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
    }

    public static GeneratorDriver Driver() => CSharpGeneratorDriver.Create(
        [new RoutingGenerator().AsSourceGenerator()],
        parseOptions: s_parseOptions,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    public static ImmutableArray<Diagnostic> Diagnose(string source) =>
        Driver().RunGenerators(Create(source), TestContext.Current.CancellationToken).GetRunResult().Diagnostics;

    public static string Generated(string source, string hint) =>
        Driver().RunGenerators(Create(source), TestContext.Current.CancellationToken).GetRunResult()
            .Results[0].GeneratedSources.Single(s => s.HintName == hint).SourceText.ToString();

    /// <summary>Generates, compiles without warnings and loads.</summary>
    public static Assembly Load(string source)
    {
        Driver().RunGeneratorsAndUpdateCompilation(Create(source), out var compilation, out var problems, TestContext.Current.CancellationToken);
        Assert.Empty(problems);
        using var image = new MemoryStream();
        var emitted = compilation.Emit(image, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics));
        Assert.Empty(emitted.Diagnostics.Where(static d => d.Severity >= DiagnosticSeverity.Warning));
        image.Position = 0;
        return new AssemblyLoadContext("endpoints", isCollectible: true).LoadFromStream(image);
    }
}
