using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Ovms.Generators.Common;
using Ovms.Generators.Routing.Model;

namespace Ovms.Generators.Routing;

/// <summary>Generates matchers and dispatch for classes with <c>[RestEndpoints]</c> and <c>[GrpcService]</c>, and the list of all routes.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class RoutingGenerator : IIncrementalGenerator
{
    /// <summary>Tracking name of the step that reads classes.</summary>
    public const string ClassesStep = "RoutingClasses";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var provider = context.SyntaxProvider;
        var rest = provider.ForAttributeWithMetadataName(
            RoutingParser.RestEndpoints, static (node, _) => node is ClassDeclarationSyntax, static (c, token) => RoutingParser.ParseRest(c, token));
        var grpc = provider.ForAttributeWithMetadataName(
            RoutingParser.GrpcService, static (node, _) => node is ClassDeclarationSyntax, static (c, token) => RoutingParser.ParseGrpc(c, token));
        Register(context, rest);
        Register(context, grpc);

        var all = Models(rest).Collect().Combine(Models(grpc).Collect());
        context.RegisterSourceOutput(all, static (output, classes) =>
        {
            if (classes.Left.Length + classes.Right.Length > 0)
            {
                output.AddSource("Ovms.Server.Routing.RouteCatalog.g.cs", CatalogEmitter.Emit(classes.Left.Concat(classes.Right)));
            }
        });

        var strayRest = provider.ForAttributeWithMetadataName(
            RoutingParser.RestRoute, static (node, _) => node is MethodDeclarationSyntax,
            static (c, _) => RoutingParser.CheckOwner(c, RoutingParser.RestEndpoints));
        var strayGrpc = provider.ForAttributeWithMetadataName(
            RoutingParser.GrpcMethod, static (node, _) => node is MethodDeclarationSyntax,
            static (c, _) => RoutingParser.CheckOwner(c, RoutingParser.GrpcService));
        context.RegisterSourceOutput(strayRest, static (output, problem) => Report(output, problem));
        context.RegisterSourceOutput(strayGrpc, static (output, problem) => Report(output, problem));
    }

    private static void Register(IncrementalGeneratorInitializationContext context, IncrementalValuesProvider<ParsedClass> parsed)
    {
        context.RegisterSourceOutput(Models(parsed), static (output, model) =>
        {
            var source = model.GrpcService is null ? RestEmitter.Emit(model) : GrpcEmitter.Emit(model);
            output.AddSource($"{model.FullName}.Routes.g.cs", source);
        });
        context.RegisterSourceOutput(parsed.SelectMany(static (p, _) => p.Diagnostics), static (output, problem) => Report(output, problem));
    }

    private static IncrementalValuesProvider<EndpointClass> Models(IncrementalValuesProvider<ParsedClass> parsed) =>
        parsed.Select(static (p, _) => p.Model).Where(static m => m is not null).Select(static (m, _) => m!).WithTrackingName(ClassesStep);

    private static void Report(SourceProductionContext output, DiagnosticInfo? problem)
    {
        if (problem is not null)
        {
            output.ReportDiagnostic(problem.ToDiagnostic());
        }
    }
}
