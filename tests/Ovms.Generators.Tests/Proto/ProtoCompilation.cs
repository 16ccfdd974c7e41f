using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Ovms.Generators.Proto;
using Ovms.Runtime.Protobuf;

namespace Ovms.Generators.Tests.Proto;

/// <summary>Compiles message sources against the runtime and runs the generator over them.</summary>
internal static class ProtoCompilation
{
    public static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.CSharp13);

    public static CSharpCompilation Create(string source)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Append(typeof(ProtoReader).Assembly.Location)
            .Select(static path => MetadataReference.CreateFromFile(path));
        return CSharpCompilation.Create(
            "Messages",
            [CSharpSyntaxTree.ParseText(source, ParseOptions, "Messages.cs")],
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
    }

    public static GeneratorDriver Driver() => CSharpGeneratorDriver.Create(
        [new ProtoGenerator().AsSourceGenerator()],
        parseOptions: ParseOptions,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    public static GeneratorDriverRunResult Run(string source) =>
        Driver().RunGenerators(Create(source), TestContext.Current.CancellationToken).GetRunResult();

    /// <summary>Warnings and errors of compiling the source with what was generated for it.</summary>
    public static ImmutableArray<Diagnostic> Compile(string source)
    {
        Driver().RunGeneratorsAndUpdateCompilation(Create(source), out var compilation, out _, TestContext.Current.CancellationToken);
        return [.. compilation.GetDiagnostics(TestContext.Current.CancellationToken).Where(static d => d.Severity >= DiagnosticSeverity.Warning)];
    }
}
