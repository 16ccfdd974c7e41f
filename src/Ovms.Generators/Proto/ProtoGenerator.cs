using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ovms.Generators.Proto;

/// <summary>Completes classes with <c>[ProtoContract]</c>: their properties, a reader and a two-pass writer of protobuf's wire format.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class ProtoGenerator : IIncrementalGenerator
{
    /// <summary>Tracking name of the step that reads classes.</summary>
    public const string MessagesStep = "ProtoMessages";

    /// <summary>Tracking name of the step that collects diagnostics.</summary>
    public const string DiagnosticsStep = "ProtoDiagnostics";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var parsed = context.SyntaxProvider.ForAttributeWithMetadataName(
            ProtoParser.ContractAttribute, static (node, _) => node is TypeDeclarationSyntax, static (c, token) => ProtoParser.Parse(c, token));
        var strays = context.SyntaxProvider.ForAttributeWithMetadataName(
            ProtoParser.MemberAttribute, static (node, _) => node is PropertyDeclarationSyntax, static (c, _) => ProtoParser.CheckOwner(c));

        var models = parsed.Select(static (p, _) => p.Model).Where(static m => m is not null).WithTrackingName(MessagesStep);
        context.RegisterSourceOutput(models, static (output, model) => output.AddSource(model!.HintName, new ProtoEmitter(model).Emit()));

        var problems = parsed.SelectMany(static (p, _) => p.Diagnostics).WithTrackingName(DiagnosticsStep);
        context.RegisterSourceOutput(problems, static (output, problem) => output.ReportDiagnostic(problem.ToDiagnostic()));
        context.RegisterSourceOutput(strays.Where(static s => s is not null), static (output, problem) => output.ReportDiagnostic(problem!.ToDiagnostic()));
    }
}
